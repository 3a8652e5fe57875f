"""A form with something of everything, and the small pieces that the tests are built from."""

from collections.abc import Mapping
from typing import Any

from boardwell.capabilities.forms.definition import Form, read_form
from boardwell.capabilities.forms.logic import Reading, read_answers

TODAY = "2026-11-25"


def question(key: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": {"en": key.capitalize()}, **more}


def choices(*values: str) -> dict[str, dict[str, str]]:
    return {value: {"en": value.capitalize()} for value in values}


def form_of(*fields: dict[str, Any], **more: Any) -> Form:
    return read_form({"fields": list(fields), **more})


def read(form: Form, raw: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> Reading:
    return read_answers(form, raw, facts or {}, today=TODAY)


OWNERS = {
    "key": "owners", "title": {"en": "Owners", "bn": "মালিকগণ"}, "repeat": {"least": 1, "most": 4, "item": {"en": "Owner", "bn": "মালিক"}},
    "fields": [
        question("name", required=True), question("share", "number", min=0, max=100, required=True), question("abroad", "yes_no"),
        question("land", "country", when="item.abroad == true", required=True),
    ],
}  # fmt: skip

RICH: dict[str, Any] = {
    "pages": "sections",
    "sections": [
        {
            "key": "company", "title": {"en": "Your company", "bn": "আপনার প্রতিষ্ঠান"}, "help": {"en": "As it stands in the **register**."},
            "fields": [
                question("legal_name", required=True, fact="legal_name", hint={"en": "With its legal form."}),
                question("seat", "address", required=True), question("country", "country", required=True, fact="country"),
                question("tax", "tax_id", country_from="country"), question("phone", "phone"), question("email", "email"),
                question("regulated", "yes_no", required=True), question("licence", "text", when="answers.regulated == true", required=True),
                question("size", "choice", choices=choices("small", "large")), question("uses", "choices", choices=choices("mail", "chat", "voice")),
                question("plan", "rating"), question("paper", "file", accept=["pdf", "txt"], max=2),
            ],
        },
        OWNERS,
        {
            "key": "money", "title": {"en": "Money"}, "role": "lead", "fields": [
                question("seats", "number", required=True, min=1, fact="seats"), question("price", "money", currency="EUR", required=True),
                question("total", "calculated", value="answers.seats * answers.price"), question("account", "iban"),
                question("items", "table", max=3, columns=[question("what"), question("count", "number"), question("cost", "money", currency="EUR"),
                                                           question("sum", "calculated", value="item.count * item.cost")]),
                question("all_items", "calculated", value="sum(answers.items.sum)"), question("start", "date"), question("end", "date"),
            ],
        },
    ],
    "rules": [
        {"check": "sum(answers.owners.share) == 100", "message": {"en": "The shares have to come to 100."}, "at": ["owners"]},
        {"check": "answers.end >= answers.start", "message": {"en": "The end is before the start."}, "at": ["end"]},
    ],
}  # fmt: skip

FACTS = {
    "legal_name": {"type": "text", "title": {"en": "Legal name"}}, "country": {"type": "country", "title": {"en": "Country"}},
    "seats": {"type": "number", "title": {"en": "Seats"}},
}  # fmt: skip
