"""What a form asks: sections of questions, read once from the settings of its step; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from boardwell.kit.expressions import Condition, ConditionError, compile_expression

type Texts = Mapping[str, str]

SIMPLE_TYPES = (
    "text", "long_text", "number", "money", "date", "choice", "choices", "yes_no", "email", "phone", "url", "country", "iban", "tax_id",
    "rating", "list",
)  # fmt: skip
"""Types of one value that can also stand in the column of a table."""
FIELD_TYPES = (*SIMPLE_TYPES, "address", "file", "table", "calculated", "heading")
PAGES = ("all", "sections", "one-question")
ADDRESS_PARTS = ("street", "city", "postcode", "region", "country")
ACCEPTED = ("pdf", "png", "jpg", "docx", "xlsx", "csv", "txt")
MOST_ROWS = 50
MOST_FILES = 5
MOST_MB = 10
MOST_RATING = 5


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `columns` are those of a table; `value` calculates; `country_from` names the question that says the country."""

    key: str
    type: str
    label: Texts
    hint: Texts = field(default_factory=dict)
    required: bool = False
    fact: str = ""
    choices: Mapping[str, Texts] = field(default_factory=dict)
    least: float | None = None
    most: float | None = None
    when: Condition | None = None
    value: Condition | None = None
    again: bool = False
    currencies: tuple[str, ...] = ()
    country: str = ""
    country_from: str = ""
    columns: tuple["Question", ...] = ()
    accept: tuple[str, ...] = ACCEPTED
    max_mb: int = MOST_MB

    @property
    def is_asked(self) -> bool:
        """Whether somebody answers it: headings and calculated values are only shown."""
        return self.type not in ("heading", "calculated")

    @property
    def most_rows(self) -> int:
        """How many rows a table takes, how many files a file question takes."""
        return int(self.most) if self.most is not None else MOST_FILES if self.type == "file" else MOST_ROWS

    @property
    def least_rows(self) -> int:
        """How many rows or files there have to be when it is answered at all."""
        return int(self.least) if self.least is not None else 0


@dataclass(frozen=True, slots=True)
class Section:
    """Questions that belong together. `side` alone may fill it in when given; `role` is who is meant to. `item` names one of its repeats."""

    key: str
    title: Texts = field(default_factory=dict)
    help: Texts = field(default_factory=dict)
    when: Condition | None = None
    side: str = ""
    role: str = ""
    repeats: bool = False
    least: int = 0
    most: int = MOST_ROWS
    item: Texts = field(default_factory=dict)
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What has to be true across questions; `at` are the questions that its message stands at."""

    check: Condition
    message: Texts
    at: tuple[str, ...] = ()
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form. `order` lists sections (`§key`) and questions so that each comes after what it hangs on; `circle` is what cannot."""

    sections: tuple[Section, ...]
    rules: tuple[Rule, ...] = ()
    pages: str = "all"
    review: bool = False
    order: tuple[str, ...] = ()
    circle: frozenset[str] = frozenset()
    questions: Mapping[str, Question] = field(default_factory=dict)
    section_of: Mapping[str, Section] = field(default_factory=dict)

    def top(self) -> Iterator[tuple[Section, Question]]:
        """Questions that stand by themselves, with their sections; those of repeating sections are inside their rows."""
        for section in self.sections:
            if not section.repeats:
                for question in section.questions:
                    yield section, question


def read_form(settings: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> Form:
    """The form that a step's settings describe; a choice without choices has those of its fact. Broken expressions count as absent: lint names them."""
    facts = facts or {}
    listed = settings.get("sections") or []
    flat = settings.get("fields") or []
    sections = [Section("", questions=tuple(_question(one, facts) for one in flat))] if flat else []
    sections += [_section(one, facts) for one in listed]
    rules = tuple(
        Rule(check, one.get("message") or {}, tuple(one.get("at") or ()), compiled(one.get("when")))
        for one in settings.get("rules") or [] if (check := compiled(one.get("check"))) is not None
    )  # fmt: skip
    form = Form(tuple(sections), rules, settings.get("pages", "all"), bool(settings.get("review", False)))
    questions = {question.key: question for _section, question in form.top()}
    section_of = {question.key: section for section, question in form.top()} | {
        section.key: section for section in form.sections if section.repeats
    }
    order, circle = ordered(dependencies(form))
    return replace(form, order=tuple(order), circle=frozenset(circle), questions=questions, section_of=section_of)


def compiled(text: object) -> Condition | None:
    """An expression, or None when there is none that can be used."""
    try:
        return compile_expression(text) if isinstance(text, str) else None
    except ConditionError:
        return None


def _section(one: Mapping[str, Any], facts: Mapping[str, Any]) -> Section:
    repeat = one.get("repeat")
    again = repeat if isinstance(repeat, Mapping) else {}
    return Section(
        key=str(one.get("key", "")), title=one.get("title") or {}, help=one.get("help") or {}, when=compiled(one.get("when")),
        side=str(one.get("side", "")), role=str(one.get("role", "")), repeats=isinstance(repeat, Mapping),
        least=int(again.get("least", 0)), most=int(again.get("most", MOST_ROWS)), item=again.get("item") or {},
        questions=tuple(_question(each, facts) for each in one.get("fields") or ()),
    )  # fmt: skip


def _question(one: Mapping[str, Any], facts: Mapping[str, Any]) -> Question:
    choices = one.get("choices")
    fact = str(one.get("fact", ""))
    if choices is None and fact in facts:
        choices = facts[fact].choices
    currency = one.get("currency")
    kind = str(one.get("type", "text"))
    return Question(
        key=str(one["key"]), type=kind, label=one.get("label") or {}, hint=one.get("hint") or {}, required=bool(one.get("required", False)),
        fact=fact, choices={str(value): words for value, words in (choices or {}).items()},
        least=one.get("min"), most=one.get("max", MOST_RATING if kind == "rating" else None), when=compiled(one.get("when")),
        value=compiled(one.get("value")) if kind == "calculated" else None, again=bool(one.get("again", False)),
        currencies=tuple([currency] if isinstance(currency, str) else one.get("currencies") or ()), country=str(one.get("country", "")),
        country_from=str(one.get("country_from", "")), columns=tuple(_question(each, facts) for each in one.get("columns") or ()),
        accept=tuple(one.get("accept") or ACCEPTED), max_mb=int(one.get("max_mb", MOST_MB)),
    )  # fmt: skip


def answers_named(*expressions: Condition | None) -> set[str]:
    """The questions that expressions look at, by key."""
    return {name.split(".")[1] for one in expressions if one is not None for name in one.facts if name.startswith("answers.")}


def items_named(*expressions: Condition | None) -> set[str]:
    """The questions of the same row that expressions look at, by key."""
    return {name.partition(".")[2] for one in expressions if one is not None for name in one.facts if name.startswith("item.")}


def dependencies(form: Form) -> dict[str, set[str]]:
    """What must be known before a section is shown or a question read: keys of questions, and `§key` of sections."""
    edges: dict[str, set[str]] = {}
    for number, section in enumerate(form.sections):
        edges[f"§{number}"] = answers_named(section.when)
        for question in section.questions:
            needs = answers_named(question.when, question.value)
            if section.repeats:
                edges.setdefault(section.key, {f"§{number}"}).update(needs)
            else:
                country = {question.country_from} if question.country_from else set()
                edges[question.key] = {f"§{number}"} | needs | country
    return edges


def row_order(questions: Sequence[Question]) -> list[Question]:
    """The questions of a row, each after those that it hangs on; what stands in a circle is left out."""
    by_key = {question.key: question for question in questions}
    order, _circle = ordered({key: items_named(one.when, one.value) for key, one in by_key.items()})
    return [by_key[key] for key in order]


def ordered(edges: Mapping[str, set[str]]) -> tuple[list[str], list[str]]:
    """(the keys, each after all that it needs and else as given; those in or behind a circle). Names that are not keys hold nothing up."""
    waiting = {key: {need for need in needs if need in edges} for key, needs in edges.items()}
    behind: dict[str, list[str]] = {}
    for key, needs in waiting.items():
        for need in needs:
            behind.setdefault(need, []).append(key)
    found = [key for key, needs in waiting.items() if not needs]
    for key in found:  # grows while it is walked
        for following in behind.get(key, ()):
            waiting[following].discard(key)
            if not waiting[following]:
                found.append(following)
    done = set(found)
    return found, [key for key in edges if key not in done]
