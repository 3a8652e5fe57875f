"""Keeps the translations: extracts every text, says what is missing, takes translations in, compiles. No GNU gettext needed."""

import json
import re
import sys
from io import BytesIO
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "boardwell"
LOCALE = SOURCE / "locale"
LANGUAGES = ("hi", "bn", "az", "ms", "mn")
PLURALS = {
    "hi": "nplurals=2; plural=(n > 1);", "bn": "nplurals=2; plural=(n > 1);", "az": "nplurals=2; plural=(n != 1);",
    "ms": "nplurals=1; plural=0;", "mn": "nplurals=2; plural=(n != 1);",
}  # fmt: skip
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_NAMED = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def wanted() -> dict[tuple[str, str], str | None]:
    """(singular, plural or "") of every text in the source, in order of the text."""
    found: dict[tuple[str, str], str | None] = {}
    for path in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        if "migrations" in path.parts or "built" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = _INDENT.sub("", templatize(text, origin=str(path)))  # read as Python, where an indent would mean something
        for _line, message, _comments, _context in extract("python", BytesIO(text.encode()), KEYWORDS):
            one, many = message if isinstance(message, tuple) else (message, "")
            if one and any(character.isalpha() for character in one):
                found[one, many] = None
    return found


def catalogue(language: str) -> polib.POFile:
    """The language's file, or an empty one."""
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    if path.exists():
        return polib.pofile(str(path), wrapwidth=120)
    made = polib.POFile(wrapwidth=120)
    made.fpath = str(path)
    return made


def save(language: str, texts: dict[tuple[str, str], list[str]]) -> None:
    """Writes the file sorted, without places, so that moving code changes nothing here."""
    made = polib.POFile(wrapwidth=120)
    made.metadata = {
        "Project-Id-Version": "Boardwell", "Language": language, "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit", "Plural-Forms": PLURALS[language],
    }  # fmt: skip
    for (one, many), words in sorted(texts.items()):
        flags = ["python-format"] if "%(" in one else []
        if many:
            made.append(polib.POEntry(msgid=one, msgid_plural=many, msgstr_plural=dict(enumerate(words)), flags=flags))
        else:
            made.append(polib.POEntry(msgid=one, msgstr=words[0], flags=flags))
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(str(path))


def known(language: str) -> dict[tuple[str, str], list[str]]:
    """What is translated so far."""
    found = {}
    for entry in catalogue(language):
        words = [entry.msgstr_plural[i] for i in sorted(entry.msgstr_plural)] if entry.msgid_plural else [entry.msgstr]
        if "fuzzy" not in entry.flags and all(words):
            found[entry.msgid, entry.msgid_plural or ""] = words
    return found


def forms(language: str) -> int:
    """How many plural forms the language has."""
    return int(PLURALS[language].split("nplurals=")[1][0])


def faults(language: str) -> list[str]:
    """Everything that is wrong with a language: missing, left over, other placeholders, other white space at the ends."""
    have, need = known(language), wanted()
    said = [f"{language}: missing: {one!r}" for one, many in need if (one, many) not in have]
    said += [f"{language}: no longer used: {one!r}" for one, many in have if (one, many) not in need]
    for (one, many), words in have.items():
        if many and len(words) != forms(language):
            said.append(f"{language}: {one!r} needs {forms(language)} plural form(s)")
        said += [f"{language}: {fault}" for fault in wording_faults(one, many, words)]
    return said


def wording_faults(one: str, many: str, words: list[str]) -> list[str]:
    """What a translation gets wrong in its own words: placeholders that the source does not have, white space at the ends."""
    said = []
    allowed = set(_NAMED.findall(one)) | set(_NAMED.findall(many))
    for text in words:
        used = set(_NAMED.findall(text))
        if not used <= allowed or (not many and used != allowed):
            said.append(f"{one!r}: other placeholders in {text!r}")
        if text != text.strip() and one == one.strip():
            said.append(f"{one!r}: white space at the ends of {text!r}")
    return said


def taken_in(given: dict[str, str | list[str]], language: str) -> tuple[dict[tuple[str, str], list[str]], list[str]]:
    """A translator's file as texts and the faults that keep it out: unknown, empty, too few plural forms, other placeholders."""
    by_one = {one: (one, many) for one, many in wanted()}
    texts, said = {}, []
    for one, value in given.items():
        words = value if isinstance(value, list) else [value]
        if one not in by_one:
            said.append(f"{one!r}: no such text; was it changed since?")
            continue
        many = by_one[one][1]
        if len(words) != (forms(language) if many else 1):
            said.append(f"{one!r}: needs {forms(language) if many else 1} form(s), not {len(words)}")
        if not all(words):
            said.append(f"{one!r}: not translated")
        said += wording_faults(one, many, words)
        texts[by_one[one]] = words
    return texts, said


def main(arguments: list[str]) -> int:
    """Runs one command; exit code 1 when `check` finds something."""
    command = arguments[0] if arguments else "check"
    if command == "compile":
        for language in LANGUAGES:
            path = LOCALE / language / "LC_MESSAGES" / "django.po"
            target = path.with_suffix(".mo")
            if path.exists() and (not target.exists() or target.stat().st_mtime < path.stat().st_mtime):
                polib.pofile(str(path)).save_as_mofile(str(target))
    elif command == "extract":
        need = wanted()
        for language in LANGUAGES:
            have = known(language)
            save(language, {key: words for key, words in have.items() if key in need})
        print(f"{len(need)} texts")
    elif command == "missing":
        have = known(arguments[1])
        rows = [[one, many] if many else one for one, many in wanted() if (one, many) not in have]
        print(json.dumps(rows, ensure_ascii=False, indent=0))
    elif command == "fill":
        texts, found = taken_in(json.loads(Path(arguments[2]).read_text(encoding="utf-8")), arguments[1])
        if found:
            print("\n".join([*found, "Nothing was kept."]), file=sys.stderr)
            return 1
        save(arguments[1], known(arguments[1]) | texts)
    else:
        found = [line for language in LANGUAGES for line in faults(language)]
        print("\n".join(found[:200]) or f"{len(wanted())} texts, complete in all languages")
        return 1 if found else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
