"""The day on which each open step will be done as things stand; and the health that follows when the go-live was promised."""

from django.db import connection

from boardwell.domain.journeys.documents import parties_from
from boardwell.domain.journeys.engine import refresh_journey
from boardwell.domain.journeys.redating import around, course_from
from boardwell.domain.journeys.schedulecourse import Known
from boardwell.domain.organisations.absences import absences_of
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now, today
from boardwell.kernel.sql import as_json, change, fetch_all, fetch_one, wall

_JOURNEY = (
    "SELECT j.state, j.version_id, j.kickoff_on, j.calendar, j.time_zone, j.forecast_live_on, j.live_at, j.committed_live_on "
    "FROM journeys_journey j WHERE j.id = %s AND "
)
_STEPS = (
    "SELECT s.id, s.key, s.side, s.planned_on, s.done_on, s.moved_on, m.time_off, s.forecast_on, s.marks "
    "FROM journeys_step s LEFT JOIN people_member m ON m.id = s.member_id WHERE s.journey_id = %s AND s.state <> 'cancelled' AND "
)
_FORECAST = "UPDATE journeys_step SET forecast_on = %s WHERE id = %s AND organisation_id = %s"
_LIVE_ON = "UPDATE journeys_journey SET forecast_live_on = %s WHERE id = %s AND organisation_id = %s"


def forecast_anew(journey_id: str) -> int:
    """Writes the day on which each open step will be done as things stand, the go-live, and health where one was promised.

    Returns how many days changed. Three short reads and one write for the days that changed; runs in the caller's transaction.
    What has ended keeps the forecast that it had. A paused journey stands still.
    """
    condition, values = wall("j", "account_id")
    journey = fetch_one(_JOURNEY + condition, [journey_id, *values])
    if journey is None or journey[0] not in {"active", "live"}:
        return 0
    _state, version_id, kickoff_on, calendar, time_zone, forecast_live_on, live_at, committed_live_on = journey
    condition, values = wall("s", "account_id")
    steps = fetch_all(f"{_STEPS}{condition} ORDER BY s.position", [journey_id, *values])
    known = [
        Known(key, side, planned_on, done_on, moved_on, absences_of(time_off))
        for _id, key, side, planned_on, done_on, moved_on, time_off, *_rest in steps
    ]
    course = course_from(
        around([journey_id], ()).facts.get(journey_id, {}), version_id, kickoff_on, parties_from(as_json(calendar), time_zone), known
    )
    days = course.forecast_days(today(time_zone))
    ours = tenancy.current().organisation_id
    changed = [
        (days[key].isoformat(), step_id, ours)
        for step_id, key, _side, _planned_on, done_on, _moved_on, _time_off, forecast_on, _marks in steps
        if done_on is None and key in days and days[key] != forecast_on
    ]
    if changed:
        with connection.cursor() as cursor:
            cursor.executemany(_FORECAST, changed)
    marked = [days[key] for _id, key, *_rest, marks in steps if marks == "go_live" and key in days]
    live_on = marked[0] if marked else max(days.values(), default=None)
    if live_on != forecast_live_on and live_at is None:
        change(_LIVE_ON, [live_on.isoformat() if live_on else None, journey_id, ours])
        if committed_live_on is not None:  # health compares the two
            refresh_journey(journey_id, now())
    return len(changed)
