"""What people of the demo enter into a step, by the step's own settings."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from PIL import Image, ImageDraw

from boardwell.domain.journeys.handle import StepHandle
from boardwell.kernel.texts import in_language

WORDS: Mapping[str, Mapping[str, str]] = {
    "needs": {
        "en": "One place where our eight depots see the same orders.", "hi": "हमारी आठों शाखाओं को एक ही जगह सारे ऑर्डर दिखने चाहिए।",
        "bn": "আমাদের আটটি ডিপো যেন এক জায়গায় একই অর্ডার দেখতে পায়।", "az": "Səkkiz anbarımız eyni sifarişləri bir yerdə görməlidir.",
        "ms": "Satu tempat untuk kelapan-lapan depot kami melihat pesanan yang sama.", "mn": "Найман салбар маань захиалгаа нэг дороос харах хэрэгтэй.",
    },
    "pains": {
        "en": "Spreadsheets go back and forth by mail, and nobody knows which one is right.",
        "hi": "एक्सेल शीट मेल से इधर-उधर जाती हैं, और पता नहीं चलता कि कौन-सी सही है।",
        "bn": "এক্সেল শিট মেইলে ঘোরে, কোনটি ঠিক তা কেউ জানে না।", "az": "Cədvəllər poçtla gedib-gəlir, hansının düz olduğunu heç kim bilmir.",
        "ms": "Fail Excel dihantar ulang-alik melalui e-mel dan tiada siapa pasti yang mana betul.",
        "mn": "Хүснэгт имэйлээр нааш цааш явж, аль нь зөв болохыг хэн ч мэддэггүй.",
    },
    "goals": {
        "en": "By spring every order is confirmed within an hour.", "hi": "मार्च तक हर ऑर्डर की पुष्टि एक घंटे में हो जाए।",
        "bn": "মার্চের মধ্যে প্রতিটি অর্ডার এক ঘণ্টায় নিশ্চিত করা।", "az": "Yaza qədər hər sifariş bir saat ərzində təsdiqlənsin.",
        "ms": "Menjelang Mac, setiap pesanan disahkan dalam masa sejam.", "mn": "Хавар гэхэд захиалга бүрийг нэг цагийн дотор баталгаажуулдаг болно.",
    },
    "measure": {
        "en": "Time until an order is confirmed: one day, one hour wanted.",
        "hi": "ऑर्डर की पुष्टि का समय: अभी एक दिन, लक्ष्य एक घंटा।",
        "bn": "অর্ডার নিশ্চিত করার সময়: এখন এক দিন, লক্ষ্য এক ঘণ্টা।",
        "az": "Sifarişin təsdiqlənmə müddəti: indi bir gün, hədəf bir saat.",
        "ms": "Masa mengesahkan pesanan: kini sehari, sasaran sejam.",
        "mn": "Захиалга баталгаажуулах хугацаа: одоо нэг өдөр, зорилт нэг цаг.",
    },
    "list": {
        "en": "Orders\nInvoices\nReports", "hi": "ऑर्डर\nबिल\nरिपोर्ट", "bn": "অর্ডার\nচালান\nপ্রতিবেদন", "az": "Sifarişlər\nQaimələr\nHesabatlar",
        "ms": "Pesanan\nInvois\nLaporan", "mn": "Захиалга\nНэхэмжлэх\nТайлан",
    },
    "text": {
        "en": "As we discussed on the phone.", "hi": "जैसा हमने फ़ोन पर तय किया था।", "bn": "ফোনে যেমন কথা হয়েছিল।",
        "az": "Telefonda danışdığımız kimi.", "ms": "Seperti yang dibincangkan melalui telefon.", "mn": "Утсаар ярилцсаны дагуу.",
    },
}  # fmt: skip
_NUMBERS = {"satisfaction": 5, "users": 80, "seats": 80, "stakeholders": 7}
_CHOSEN = {"screening_result": "clear", "risk": "low", "decision": "accepted", "customer_type": "company", "hosting": "on_premises"}
_PHONE = "+44 117 496 0000"
_TAX = {"AZ": "1400057421", "IN": "ACUPA7085R", "GB": "980780684"}
"""Numbers with right check digits; where the country's are not known, anything goes."""
_NO = {"pep", "pep_found", "more_papers", "change"}


@dataclass(frozen=True, slots=True)
class Who:
    """Whose answers they are."""

    language: str
    country: str
    company: str
    city: str
    name: str
    email: str


def entered(handle: StepHandle, kind: str, who: Who) -> tuple[QueryDict, MultiValueDict[str, Any]]:
    """The form and the files that somebody of this customer would send for this step."""
    typed = QueryDict(mutable=True)
    typed["verb"] = "approve" if kind == "approval" else "complete"
    settings = handle.settings
    typed.setlist("ticked", [item["key"] for name in ("checklist", "statements") for item in settings.get(name, [])])
    for field in settings.get("fields", []):
        _put(typed, "f_" + field["key"], field, handle, who)
    for section in settings.get("sections", []):
        inside = f"f_{section['key']}.0." if "repeat" in section else "f_"
        for field in section["fields"]:
            _put(typed, inside + field["key"], field, handle, who)
    files: MultiValueDict[str, Any] = MultiValueDict()
    for item in settings.get("files", []):
        files.setlist("file_" + item["key"], [_paper(in_language(item["label"]), item.get("accept", ["pdf"]))])
    return typed, files


def _put(typed: QueryDict, name: str, field: Mapping[str, Any], handle: StepHandle, who: Who) -> None:
    """One answer under its name; an address has parts."""
    if field["type"] == "address":
        typed[f"{name}.street"], typed[f"{name}.city"], typed[f"{name}.country"] = f"{who.company} 1", who.city, who.country
    elif field["type"] not in ("heading", "calculated", "file"):
        typed[name] = _value(field, handle, who)


def _value(field: Mapping[str, Any], handle: StepHandle, who: Who) -> str:
    kind, fact = field["type"], field.get("fact") or field["key"]
    if kind in {"choice", "choices"}:
        known = handle.fact_types[fact].choices if fact in handle.fact_types else {}
        choices = [str(one) for one in field.get("choices") or known]
        wanted = _CHOSEN.get(fact, "")
        return wanted if wanted in choices else choices[0]
    if kind in {"number", "rating"}:
        most = field.get("max", 5 if kind == "rating" else None)
        return str(int(min(most, _NUMBERS.get(fact, most)))) if most is not None else str(_NUMBERS.get(fact, 120))
    own = {
        "legal_name": who.company, "address": f"{who.company}, {who.city}", "signatory": who.name, "register": f"{who.country} 20418-7",
        "domains": who.email.partition("@")[2], "champions": who.name, "billing_email": who.email,
        "callers": f"{who.name}, {_PHONE}", "name": who.name, "tax_number": _TAX.get(who.country, "20418-7"),
    }  # fmt: skip
    if fact in own:
        return own[fact]
    if kind in {"list", "text", "long_text"}:
        bank = WORDS.get(fact) if kind != "list" else WORDS["list"]
        return (bank or WORDS["text"])[who.language]
    fixed = {"yes_no": "no" if fact in _NO else "yes", "country": who.country, "email": who.email, "phone": _PHONE}
    return str(fixed.get(kind) or {"date": "1984-03-01" if fact == "born" else "2027-03-01", "url": "https://customer.example"}[kind])


def _paper(title: str, accept: list[str]) -> SimpleUploadedFile:
    """A one-page paper with its title on it, of the first type that is accepted and that Pillow can write."""
    kind = next((one for one in accept if one in {"pdf", "png", "jpg"}), "")
    if not kind:
        return SimpleUploadedFile("list.csv" if "csv" in accept else "list.txt", b"name,value\nfirst,1\n")
    page = Image.new("RGB", (620, 877), "white")
    drawn = ImageDraw.Draw(page)
    drawn.rectangle((40, 40, 580, 837), outline="#8490a2", width=2)
    for line in range(12):
        drawn.line((80, 200 + 42 * line, 540 - (line * 37) % 160, 200 + 42 * line), fill="#dfe3ea", width=10)
    kept = io.BytesIO()
    page.save(kept, {"pdf": "PDF", "png": "PNG", "jpg": "JPEG"}[kind])
    return SimpleUploadedFile(f"{title[:60]}.{kind}", kept.getvalue())
