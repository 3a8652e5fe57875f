"""Let every rule that waits for an event hear it: match, do all of it or none, and write down which."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from boardwell.domain.audit.actions import record
from boardwell.domain.automations.circumstances import Circumstances, circumstances
from boardwell.domain.automations.deeds import KINDS, Scene
from boardwell.domain.automations.events import AutomationStopped
from boardwell.domain.automations.models import Automation, AutomationVersion, Firing, MasterSwitch
from boardwell.domain.automations.rules import MOST_FAILURES, Rule, cause_of, cut_by, depth_in, rule_from
from boardwell.domain.automations.triggers import Trigger, trigger_by_key
from boardwell.domain.organisations.queries import current_organisation
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import permissions_of
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import BoardwellError
from boardwell.kernel.events import Heard, emit
from boardwell.kernel.sql import fetch_all, wall

_LEADERS = ("owner", "admin")


def awaited_events() -> set[str]:
    """The names of the events for which a rule of the organisation waits; one short query for any number of events."""
    condition, values = wall("a")
    return {
        name for (name,) in fetch_all(f"SELECT DISTINCT a.event FROM automations_automation a WHERE a.state = 'on' AND {condition}", values)
    }


def fire(heard: Heard) -> list[str]:
    """Runs in the transaction that settles the event, so that a rule fires once for it whatever is killed when.

    Returns the ids of firings that call somebody outside, for the caller to send on their way.
    """
    waiting = list(Automation.objects.filter(event=heard.name, state="on").order_by("id"))
    if not waiting or MasterSwitch.objects.exists():
        return []
    calling = []
    # Looked at once: every rule judges the event as it came, not by what the rule before it has done.
    seen = circumstances(heard.body)
    with override(current_organisation().language):
        for automation in waiting:
            calling += _fire_one(automation, heard, seen)
    return calling


def judge(rule: Rule, trigger: Trigger, body: Mapping[str, Any], seen: Circumstances) -> dict[str, Any]:
    """Why the rule does not act on an event; empty when it does."""
    if not trigger.fits(body):
        return {"other": True}
    if trigger.state and (seen.step is None or seen.step.state != trigger.state):
        return {"state": True}
    number = rule.unmet(seen.known)
    return {} if number is None else {"unmet": number}


def _fire_one(automation: Automation, heard: Heard, seen: Circumstances) -> list[str]:
    version = AutomationVersion.objects.select_related("made_by").get(automation=automation, number=automation.current)
    rule = rule_from(version.rule)
    trigger = trigger_by_key(rule.trigger)
    if trigger is None or not trigger.fits(heard.body):
        return []
    depth, before = depth_in(heard.cause)
    firing = Firing(
        automation=automation, version=version, event_id=heard.id, account_id=seen.account.id if seen.account else "",
        journey_id=seen.journey.id if seen.journey else "", step_key=seen.step.key if seen.step else "", depth=depth, caused_by=before,
        state="unmatched",
    )  # fmt: skip
    if Firing.objects.filter(automation=automation, event_id=heard.id).exists():
        return []
    firing.why = judge(rule, trigger, heard.body, seen)
    if not firing.why:
        firing.why = _guard(firing)
        firing.state = "cut" if firing.why else "done"
    if firing.state == "done":
        _act(rule, version.made_by, firing, seen)
    firing.save(force_insert=True)
    return [firing.id] if firing.state == "done" and any("url" in deed for deed in firing.deeds) else []


def _guard(firing: Firing) -> dict[str, Any]:
    recent = Firing.objects.filter(journey_id=firing.journey_id, state="done", fired_at__gt=now() - timedelta(hours=1))
    counts = recent.aggregate(of_all=Count("id"), of_one=Count("id", filter=Q(automation_id=firing.automation_id)))
    if not firing.journey_id:
        counts = {"of_all": 0, "of_one": 0}
    guard = cut_by(firing.depth, counts["of_one"], counts["of_all"])
    return {"cut": guard, "n": {"depth": firing.depth, "rate": counts["of_one"]}.get(guard, counts["of_all"])} if guard else {}


def _act(rule: Rule, maker: Member, firing: Firing, seen: Circumstances) -> None:
    """Does the deeds, all or none, and counts errors in a row; the firing says which it was."""
    automation = firing.automation
    actor = tenancy.Actor(
        kind="automation", id=automation.id, name=automation.name, role=maker.role,
        permissions=permissions_of(maker.role) if maker.active else frozenset(),
    )  # fmt: skip
    done: list[dict[str, Any]] = []
    try:
        with transaction.atomic(), tenancy.acting_for(tenancy.current().organisation_id, actor, cause=cause_of(firing.depth, firing.id)):
            for number, deed in enumerate(rule.deeds):
                scene = Scene(seen, automation.id, automation.name, firing.id, number)
                done.append({"do": deed.do, **json.loads(json.dumps(KINDS[deed.do].run(deed, scene), default=str))})
    except OperationalError:
        raise  # the database was in the way, not the rule: the event comes again
    except BoardwellError as problem:
        firing.state, firing.error = "failed", str(problem)[:500]
    except Exception as problem:  # a fault of one rule holds up no other
        firing.state, firing.error = "failed", f"{type(problem).__name__}: {problem}"[:500]
    else:
        firing.deeds = done
    note_outcome(automation, maker, firing)


def note_outcome(automation: Automation, maker: Member, firing: Firing) -> None:
    """Counts an error, or forgets those before; stops a rule that failed too often in a row and tells who can mend it."""
    if firing.state != "failed":
        if automation.failures:
            Automation.objects.filter(pk=automation.id).update(failures=0)
        return
    failures = automation.failures + 1
    if failures < MOST_FAILURES:
        Automation.objects.filter(pk=automation.id).update(failures=failures)
        return
    words = firing.error[:300]
    Automation.objects.filter(pk=automation.id).update(state="stopped", failures=failures, stopped_words=words)
    record(
        "automation.stopped", object_kind="automation", object_id=automation.id, label=automation.name, after={"state": "stopped"},
        why=_("It failed %(n)d times in a row: %(words)s") % {"n": failures, "words": words},
    )  # fmt: skip
    told = Member.objects.filter(Q(pk=maker.id) | Q(role__in=_LEADERS), active=True).order_by("id").values_list("id", flat=True)
    emit(AutomationStopped(automation_id=automation.id, automation=automation.name, words=words, member_ids=tuple(told)))
