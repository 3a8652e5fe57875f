"""Many journeys at once: a rehearsal changes nothing and says the truth, and what is refused stops nothing else."""

from datetime import date

import pytest

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.conversations.models import Message
from boardwell.domain.journeys.actions.change_many import Change, change_many
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.models import Journey
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotAllowed
from boardwell.kernel.models import OutboxEvent


def counts() -> tuple[int, int, int]:
    return AuditEntry.objects.count(), OutboxEvent.objects.count(), Message.objects.count()


def test_a_rehearsal_tells_what_will_happen_and_leaves_no_trace(house) -> None:
    ids = [house.start(kickoff_on=date(2026, 12, 1)) for _n in range(3)]
    with house.as_owner():
        pause_journey(ids[1], reason="Wait")
        before = counts()
        shown = change_many(ids, Change(verb="shift", working_days=5, reason="Later"), rehearse=True)
        assert [(row.done, row.words) for row in shown] == [
            (True, "Go-live 14 December 2026 → 21 December 2026"),
            (False, "Only the days of an onboarding that is running can be moved."),
            (True, "Go-live 14 December 2026 → 21 December 2026"),
        ]
        assert counts() == before
        assert set(Journey.objects.values_list("planned_live_on", flat=True)) == {date(2026, 12, 14)}
        done = change_many(ids, Change(verb="shift", working_days=5, reason="Later"))
        assert [(row.done, row.words) for row in done] == [(row.done, row.words) for row in shown]
        days = dict(Journey.objects.values_list("id", "planned_live_on"))
        assert days == {ids[0]: date(2026, 12, 21), ids[1]: date(2026, 12, 14), ids[2]: date(2026, 12, 21)}


def test_each_verb_goes_through_its_own_action(house) -> None:
    ids = [house.start(), house.start()]
    ben = house.member("manager")
    with house.as_owner():
        assert [row.words for row in change_many(ids, Change(verb="owner", member_id=ben.id))] == ["Owner acme → manager acme"] * 2
        assert [row.done for row in change_many(ids, Change(verb="owner", member_id=ben.id))] == [False, False]
        change_many(ids, Change(verb="pause", reason="Summer"))
        assert set(Journey.objects.values_list("state", flat=True)) == {"paused"}
        change_many(ids, Change(verb="resume"))
        change_many(ids, Change(verb="message", body="Hello"))
        change_many(ids, Change(verb="note", body="Mind the holidays"))
        assert set(Journey.objects.values_list("state", "owner_id")) == {("active", ben.id)}
        assert sorted(Message.objects.values_list("visibility", flat=True)) == ["internal", "internal", "shared", "shared"]
        verbs = AuditEntry.objects.filter(journey_id=ids[0]).order_by("position").values_list("verb", flat=True)
        assert list(verbs)[1:] == ["journey.handed_over", "journey.paused", "journey.resumed", "message.posted", "message.posted"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (Change(verb="owner", member_id="mem_nobody"), "member_id"),
        (Change(verb="pause"), "reason"),
        (Change(verb="shift", reason="x"), "working_days"),
        (Change(verb="message", body="  "), "body"),
        (Change(verb="explode"), "verb"),
    ],
)
def test_a_change_that_cannot_be_is_refused_before_anything_happens(house, change: Change, field: str) -> None:
    ids = [house.start()]
    with house.as_owner():
        before = counts()
        with pytest.raises(Invalid) as refused:
            change_many(ids, change)
        assert list(refused.value.fields) == [field]
        assert counts() == before


def test_another_organisations_journeys_look_absent_and_a_viewer_changes_nothing(house, other) -> None:
    theirs, ours = other.start(), house.start()
    with house.as_owner():
        rows = change_many([theirs, ours], Change(verb="pause", reason="x"))
        assert [(row.done, row.title) for row in rows] == [(False, theirs), (True, Journey.objects.get(pk=ours).title)]
    viewer = house.member("viewer")
    from boardwell.domain.people.roles import actor_for_member

    with tenancy.acting_for(house.organisation_id, actor_for_member(viewer)), pytest.raises(NotAllowed):
        change_many([ours], Change(verb="resume"))
    with other.as_owner():
        assert Journey.objects.get(pk=theirs).state == "active"
