"""Reads a CSV file of accounts: encoding, delimiter, headers, and a guess which column is what; pure."""

import csv
import io
from collections.abc import Iterator

FIELDS = ("name", "external_id", "industry", "country", "city", "website", "contact_name", "contact_email", "owner_email")
"""What a column can be. Only the name is needed; without an external id the name makes an import repeatable."""

_GUESSES: dict[str, tuple[str, ...]] = {
    "name": ("name", "account", "account name", "company", "customer", "security", "organisation", "organization"),
    "external_id": ("external id", "external_id", "id", "account id", "crm id", "symbol", "cik"),
    "industry": ("industry", "sector", "gics sector"),
    "country": ("country", "country code"),
    "city": ("city", "headquarters location", "location", "place"),
    "website": ("website", "url", "domain"),
    "contact_name": ("contact", "contact name", "primary contact"),
    "contact_email": ("email", "e-mail", "contact email", "contact e-mail"),
    "owner_email": ("owner", "owner email", "account owner"),
}
MOST_ROWS = 200_000


class CsvProblem(ValueError):  # noqa: N818 - a problem of the file, in the words of the house
    """The file is not a CSV file that can be used. `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def text_of(raw: bytes) -> str:
    """The file as text: UTF-8 with or without a mark, else UTF-16 with a mark, else Windows-1252."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def rows_of(text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Headers, and (line number in the file, values) of every row that is not empty. Raises CsvProblem."""
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), dialect)
    try:
        headers = [header.strip()[:120] for header in next(reader)]
    except (StopIteration, csv.Error):
        raise CsvProblem("empty") from None
    if not any(headers) or len(headers) > 200:
        raise CsvProblem("no_headers")

    def rest() -> Iterator[tuple[int, list[str]]]:
        try:
            for values in reader:
                if any(value.strip() for value in values):
                    yield reader.line_num, values
        except csv.Error:
            raise CsvProblem("broken") from None

    return headers, rest()


def guessed_mapping(headers: list[str]) -> dict[str, str]:
    """Field → header, for the headers that say plainly what they are; each header once."""
    lowered = {header.casefold(): header for header in reversed(headers)}
    mapping: dict[str, str] = {}
    for field, names in _GUESSES.items():
        found = next((lowered[name] for name in names if name in lowered and lowered[name] not in mapping.values()), None)
        if found is not None:
            mapping[field] = found
    return mapping


def without_apostrophe(text: str) -> str:
    """The value without the apostrophe that our own exports put before what a spreadsheet would take for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@", "\t", "\r"} else text
