"""Hears every event of the catalogue for the rules, calls addresses outside, and forgets old firings."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import requests
from django.db import transaction
from django.tasks import task

from boardwell.domain.automations.actions.fire import awaited_events, fire, note_outcome
from boardwell.domain.automations.deeds import secret_of
from boardwell.domain.automations.models import Firing
from boardwell.domain.automations.triggers import SHIPPED, Trigger, add_trigger
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.events import Event, Heard, listen
from boardwell.kernel.outgoing.web import Gateway, Refused
from boardwell.kernel.recurring import AGAIN, Again, every

KEEP_UNMATCHED = timedelta(days=7)
KEEP_DONE = timedelta(days=365)
BATCH = 2_000
_hears: set[type[Event]] = set()


def hear(heard: Heard) -> None:
    """Fires the rules that wait for this event; the calls that they make follow after the commit."""
    for firing_id in fire(heard):
        call.enqueue(firing_id)


def hear_of(trigger: Trigger) -> None:
    """Lets rules wait for what a trigger stands for."""
    if trigger.event not in _hears:
        _hears.add(trigger.event)
        listen(trigger.event, name="automations.hear", awaits=awaited_events)(hear)


def offer(trigger: Trigger) -> None:
    """Adds a trigger to the catalogue and hears of its event from now on; for capabilities. LookupError when its key is taken."""
    add_trigger(trigger)
    hear_of(trigger)


for _shipped in SHIPPED:
    hear_of(_shipped)


@task(queue_name="outside")
def call(firing_id: str) -> None:
    """Posts a firing to the addresses that it names and were not reached yet; signed as Standard Webhooks says.

    The id of the message is the firing's, so that a careful receiver takes a repeated call once. What is refused by our own walls
    is not tried again.
    """
    firing = Firing.objects.select_related("automation", "version__made_by").get(pk=firing_id)
    wrong = None
    for number, deed in enumerate(firing.deeds):
        if "url" not in deed or deed.get("answer") is not None:
            continue
        try:
            deed["answer"] = _post(firing, number, deed["url"])
        except Refused as problem:
            deed["answer"] = 0
            firing.state, firing.error = "failed", f"{deed['url']}: {problem}"[:500]
            with transaction.atomic():
                note_outcome(firing.automation, firing.version.made_by, firing)
        except requests.RequestException as problem:
            wrong = problem
        Firing.objects.filter(pk=firing_id).update(deeds=firing.deeds, state=firing.state, error=firing.error)
    if wrong is not None:
        raise wrong  # tried again later, for the addresses that are left


def _post(firing: Firing, number: int, url: str) -> int:
    body = json.dumps(
        {
            "type": firing.version.rule["trigger"], "timestamp": firing.fired_at.isoformat(),
            "data": {
                "automation": firing.automation_id, "journey": firing.journey_id, "account": firing.account_id, "step": firing.step_key,
            },
        }
    )  # fmt: skip
    message_id, stamp = f"{firing.id}.{number}", str(int(now().timestamp()))
    key = base64.b64decode(secret_of(firing.automation_id).removeprefix("whsec_"))
    signature = base64.b64encode(hmac.new(key, f"{message_id}.{stamp}.{body}".encode(), hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json", "webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}",
    }  # fmt: skip
    with Gateway() as gateway:
        answer = gateway.post(url, data=body, headers=headers)
    if answer.status_code >= 300:
        raise requests.HTTPError(f"answered with {answer.status_code}")
    return int(answer.status_code)


@every(timedelta(hours=6), name="automations.forget")
def forget() -> Again | None:
    """Deletes what did not match after a week, and everything after a year; a batch at a time."""
    with tenancy.unscoped("the clock runs for every organisation"):
        old = Firing.objects.filter(state="unmatched", fired_at__lt=now() - KEEP_UNMATCHED).values_list("id", flat=True)
        ids = list(old[:BATCH]) or list(Firing.objects.filter(fired_at__lt=now() - KEEP_DONE).values_list("id", flat=True)[:BATCH])
        Firing.objects.filter(pk__in=ids).delete()
    return AGAIN if len(ids) == BATCH else None
