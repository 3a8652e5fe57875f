"""Parsed playbooks by version, and working time from a journey's kept calendar; both cached in the process."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from boardwell.domain.journeys.duedates import Parties, WorkingTime
from boardwell.domain.playbooks.document import Document, document_for
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.kernel import tenancy
from boardwell.kernel.texts import in_language

_BY_VERSION: dict[tuple[str, str], tuple[str, Document]] = {}
_MOST = 512
"""Documents kept parsed; a version never changes, so an entry is never wrong, only forgotten."""


def document_of_version(version_id: str) -> Document:
    """The parsed document of a version of the current organisation."""
    return _read(version_id)[1]


def hash_of_version(version_id: str) -> str:
    """The SHA-256 of a version of the current organisation: equal documents have equal hashes."""
    return _read(version_id)[0]


def read_ahead(version_ids: Iterable[str]) -> None:
    """Parses what is not there yet, read with one query, for pages that look at many journeys."""
    organisation_id = tenancy.current().organisation_id
    missing = {version_id for version_id in version_ids if (organisation_id, version_id) not in _BY_VERSION}
    if missing:
        for version_id, sha256, source in PlaybookVersion.objects.filter(pk__in=missing).values_list("id", "sha256", "source"):
            _keep(version_id, sha256, source)


def _read(version_id: str) -> tuple[str, Document]:
    key = (tenancy.current().organisation_id, version_id)
    found = _BY_VERSION.get(key)
    if found is None:
        sha256, source = PlaybookVersion.objects.values_list("sha256", "source").get(pk=version_id)
        found = _keep(version_id, sha256, source)
    return found


def _keep(version_id: str, sha256: str, source: str) -> tuple[str, Document]:
    if len(_BY_VERSION) >= _MOST:
        _BY_VERSION.clear()
    found = _BY_VERSION[tenancy.current().organisation_id, version_id] = (sha256, document_for(sha256, source))
    return found


def shown_title(title: str, account_name: str, document: Document) -> str:
    """A journey's title in the reader's language, when it is the one that the playbook gave; somebody's own words stay as they are."""
    if title in {f"{account_name} – {words}"[:200] for words in document.title.values()}:
        return f"{account_name} – {in_language(document.title)}"
    return title


@lru_cache(maxsize=256)
def _working_time(weekdays: tuple[int, ...], country: str, subdivision: str, days_off: tuple[str, ...], time_zone: str) -> WorkingTime:
    return WorkingTime(weekdays=weekdays, country=country, subdivision=subdivision, days_off=days_off, time_zone=time_zone)


def working_time_from(calendar: dict[str, Any], time_zone: str) -> WorkingTime:
    """Working time of a calendar as journeys keep it: {weekdays, country, subdivision, days_off}; empty means Monday to Friday."""
    return _working_time(
        tuple(calendar.get("weekdays", (0, 1, 2, 3, 4))),
        calendar.get("country", ""),
        calendar.get("subdivision", ""),
        tuple(calendar.get("days_off", ())),
        time_zone,
    )


def parties_from(calendar: dict[str, Any], time_zone: str) -> Parties:
    """Working time of each side of a kept calendar: ours as `working_time_from`, the others under `customer` and `third`."""
    others = {side: working_time_from(calendar[side], time_zone) for side in ("customer", "third") if calendar.get(side)}
    return Parties(working_time_from(calendar, time_zone), **others)
