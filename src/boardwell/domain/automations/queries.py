"""Reads automations: the list, one rule with its log, what its form offers, and what it would have done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from boardwell.domain.automations.deeds import KINDS
from boardwell.domain.automations.models import Automation, AutomationVersion, Firing, MasterSwitch
from boardwell.domain.automations.rules import Rule, rule_from
from boardwell.domain.automations.subjects import SUBJECTS, VALUES, Subject
from boardwell.domain.automations.words import sentence, why_in_words
from boardwell.domain.journeys.documents import document_of_version, shown_title
from boardwell.domain.journeys.models import Journey
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import ROLE_LABELS
from boardwell.domain.playbooks.models import Playbook
from boardwell.domain.playbooks.queries import latest_version_id
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotFound
from boardwell.kernel.texts import in_language

LOG_PAGE = 50
MOST_PLAYBOOKS = 100


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers. `lists` maps a list's name to value and words; `names` has words for everything a sentence can name."""

    subjects: tuple[Subject, ...]
    lists: Mapping[str, Mapping[str, str]]
    names: Mapping[str, str]


def choices() -> Choices:
    """The lists of the organisation's own people, facts and playbooks. Three queries, and each published playbook once in the process."""
    members = {member.id: member.name for member in Member.objects.filter(active=True).order_by("name", "id")}
    owner = {"owner": _("whoever owns the onboarding")}
    roles = {f"role:{role}": _("everybody who is: %(role)s") % {"role": label} for role, label in ROLE_LABELS.items()}
    playbooks, facts = _playbooks()
    own = tuple(Subject(f"facts.{key}", title, kind) for key, (title, kind) in sorted(facts.items(), key=lambda item: item[1][0]))
    subjects = tuple(Subject(one.key, str(one.label), one.kind) for one in SUBJECTS) + own
    lists = {
        "people": {**owner, **roles, **members}, "assignees": {**owner, **members},
        "doers": {**owner, "customer": _("the customer"), **members}, "facts": {key: title for key, (title, _kind) in facts.items()},
        "playbooks": playbooks,
    }  # fmt: skip
    names = {one.key: str(one.label) for one in subjects} | {f"{key}={value}": str(label) for key, value, label in VALUES}
    names |= lists["people"] | lists["doers"] | {f"playbook:{key}": title for key, title in playbooks.items()}
    return Choices(subjects, lists, names)


_KINDS = {"number": "number", "yes_no": "yes_no", "choices": "list", "list": "list"}


def _playbooks() -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """Titles of published playbooks by key, and the facts that they know: title and how a value is written."""
    titles: dict[str, str] = {}
    facts: dict[str, tuple[str, str]] = {}
    published = Playbook.objects.filter(retired_at=None, versions__isnull=False).distinct().order_by("key")[:MOST_PLAYBOOKS]
    for key in published.values_list("key", flat=True):
        document = document_of_version(latest_version_id(key))
        titles[key] = in_language(document.title)
        for fact in document.facts.values():
            facts.setdefault(fact.key, (in_language(fact.title) or fact.key, _KINDS.get(fact.type, "text")))
    return titles, facts


@dataclass(frozen=True, slots=True)
class AutomationView:
    """One rule as a reader sees it: its row, what it says now, who it acts for."""

    row: Automation
    rule: Rule
    maker_id: str
    maker_name: str
    maker_active: bool
    made_at: datetime
    sentence: str = ""
    done: int = 0
    failed: int = 0
    last_at: datetime | None = None


def _view(row: Automation, version: AutomationVersion, words: Mapping[str, str], counts: Mapping[str, Any] | None = None) -> AutomationView:
    rule, maker = rule_from(version.rule), version.made_by
    more = counts or {}
    return AutomationView(
        row, rule, maker.id, maker.name, maker.active, version.made_at, sentence(rule, words), more.get("done", 0), more.get("failed", 0),
        more.get("last_at"),
    )  # fmt: skip


def automation_by_id(automation_id: str) -> AutomationView:
    """One rule, or NotFound. Raises NotAllowed."""
    tenancy.require("automations:view")
    row = Automation.objects.filter(pk=automation_id, removed_at=None).first()
    if row is None:
        raise NotFound(_("There is no such automation."))
    version = AutomationVersion.objects.select_related("made_by").get(automation=row, number=row.current)
    return _view(row, version, choices().names)


def automation_list() -> list[AutomationView]:
    """Every rule by name, with how often it acted and failed in the last thirty days. Raises NotAllowed."""
    tenancy.require("automations:view")
    rows = list(Automation.objects.filter(removed_at=None).order_by("name", "id"))
    versions = {
        (version.automation_id, version.number): version
        for version in AutomationVersion.objects.select_related("made_by").filter(automation__in=rows)
    }
    recent = Firing.objects.filter(automation__in=rows, fired_at__gt=now() - timedelta(days=30)).values("automation_id")
    done = Q(state="done")
    counted = recent.annotate(
        done=Count("id", filter=done), failed=Count("id", filter=Q(state="failed")), last_at=Max("fired_at", filter=done)
    )
    counts = {row["automation_id"]: row for row in counted}
    words = choices().names
    return [_view(row, versions[row.id, row.current], words, counts.get(row.id)) for row in rows]


def master_switch() -> MasterSwitch | None:
    """Since when and by whom all rules stand still; None when they do not."""
    return MasterSwitch.objects.first()


@dataclass(frozen=True, slots=True)
class FiringView:
    """One line of the log. `words` says why nothing was done, or what went wrong; `titles` what was done."""

    id: str
    fired_at: datetime
    state: str
    journey_id: str
    journey_title: str
    step_key: str
    words: str
    titles: tuple[str, ...]
    version: int
    depth: int
    deeds: tuple[Mapping[str, Any], ...] = ()


def firings_of(automation_id: str, *, before: str = "", matched_only: bool = False, size: int = LOG_PAGE) -> tuple[list[FiringView], str]:
    """The newest firings and where the next page begins (empty on the last). Four queries."""
    tenancy.require("automations:view")
    rows = Firing.objects.filter(automation_id=automation_id).select_related("version").order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    if matched_only:
        rows = rows.exclude(state="unmatched")
    found = list(rows[: size + 1])
    titles = journey_titles({row.journey_id for row in found})
    names = choices().names
    shown = [_firing(row, titles, names) for row in found[:size]]
    return shown, found[size - 1].id if len(found) > size else ""


def _firing(row: Firing, titles: Mapping[str, str], names: Mapping[str, str]) -> FiringView:
    rule = rule_from(row.version.rule)
    words = row.error or why_in_words(rule, row.why, names)
    did = tuple(
        KINDS[deed.do].words(deed, names) for deed in rule.deeds[: len(row.deeds)] if row.state in {"done", "failed"} and deed.do in KINDS
    )
    return FiringView(
        row.id, row.fired_at, row.state, row.journey_id, titles.get(row.journey_id, ""), row.step_key, words, did, row.version.number,
        row.depth, tuple(row.deeds),
    )  # fmt: skip


def journey_titles(ids: set[str]) -> dict[str, str]:
    """Titles of some onboardings in the reader's language, by id."""
    rows = Journey.objects.filter(pk__in=ids - {""}).select_related("account")
    return {row.id: shown_title(row.title, row.account.name, document_of_version(row.version_id)) for row in rows}
