"""Meetings of somebody who leaves: which are theirs to host, and another host in their place."""

from collections.abc import Mapping

from boardwell.capabilities.meetings import letters
from boardwell.capabilities.meetings.availability import clashes, lock_hosts, take
from boardwell.capabilities.meetings.booking import said_of
from boardwell.capabilities.meetings.happenings import MeetingMoved
from boardwell.capabilities.meetings.models import Meeting, TakenQuarter
from boardwell.kit.events import emit, record
from boardwell.kit.kind import Held
from boardwell.kit.people import member_players
from boardwell.kit.rows import now


def held_by(member_id: str) -> list[Held]:
    """The booked meetings ahead that a member hosts, the next one first."""
    return [Held(one.id, one.journey_id, one.step_key, letters.in_words(one.start_at, one.time_zone)) for one in _ahead(member_id)]


def _ahead(member_id: str) -> list[Meeting]:
    ids = TakenQuarter.objects.filter(member_id=member_id).values("meeting_id")
    return list(Meeting.objects.filter(pk__in=ids, state="booked", start_at__gt=now()).order_by("start_at", "id"))


def pass_on(member_id: str, to: Mapping[str, str]) -> list[str]:
    """Puts another host in a member's place; who has a meeting of ours at that time, or hosts it already, cannot take it.

    Everybody gets the meeting's calendar message anew.
    """
    players = {player.id: player for player in member_players(sorted(set(to.values())))}
    lock_hosts(list(players.values()))
    given = []
    for meeting in _ahead(member_id):
        host_id = to.get(meeting.id, "")
        if host_id not in players or host_id in meeting.host_ids or clashes([host_id], meeting.start_at, meeting.end_at, but=meeting.id):
            continue
        before = list(meeting.host_ids)
        meeting.host_ids = [host_id if each == member_id else each for each in before]
        meeting.sequence += 1
        meeting.save()
        take(meeting.id, meeting.host_ids, meeting.start_at, meeting.end_at)
        record(
            "meeting.moved", object_kind="step", object_id=meeting.step_id, account_id=meeting.account_id, journey_id=meeting.journey_id,
            label=meeting.step_key, before={"hosts": before}, after={"meeting": meeting.id, "hosts": meeting.host_ids},
        )  # fmt: skip
        emit(said_of(MeetingMoved, meeting, (member_id,)))
        given.append(meeting.id)
    return given
