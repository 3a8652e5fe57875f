"""The counts on the home page."""

from datetime import UTC, date, datetime

import time_machine

from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.queries.figures import go_lives_by_month, journey_counts, running_by_playbook

COUNTS = {"open": 0, "on_track": 0, "at_risk": 0, "off_track": 0, "customer": 0, "ours": 0, "third": 0, "overdue": 0, "live": 0}


@time_machine.travel(datetime(2026, 11, 25, tzinfo=UTC), tick=False)
def test_running_onboardings_are_counted_by_health_and_by_whom_they_wait_for(house, other) -> None:
    ids = [house.start() for _ in range(4)]
    other.start()
    with house.as_owner():
        Journey.objects.filter(pk=ids[0]).update(health="off_track", waiting_side="customer", overdue_steps=2)
        Journey.objects.filter(pk=ids[1]).update(state="live", live_at=datetime(2026, 10, 26, 1, tzinfo=UTC))
        Journey.objects.filter(pk=ids[2]).update(state="closed", live_at=datetime(2026, 10, 25, 1, tzinfo=UTC))
        pause_journey(ids[3], reason="Holidays")
        paused = Journey.objects.get(pk=ids[3])
        counts = journey_counts()
        assert counts == {**COUNTS, "open": 2, "off_track": 1, "customer": 1, "overdue": 1, "live": 1} | {
            paused.health: counts[paused.health],
            paused.waiting_side: counts[paused.waiting_side],
        }
        assert sum(counts[word] for word in ("on_track", "at_risk", "off_track")) == 2
        (figures,) = running_by_playbook()
        assert (figures.key, figures.off_track, figures.on_track + figures.at_risk) == ("small", 1, 1)


@time_machine.travel(datetime(2026, 2, 3, tzinfo=UTC), tick=False)
def test_go_lives_are_counted_by_month_with_empty_months_and_over_the_new_year(house) -> None:
    ids = [house.start() for _ in range(3)]
    with house.as_owner():
        for journey_id, day in zip(
            ids,
            (datetime(2026, 2, 1, 9, tzinfo=UTC), datetime(2025, 12, 31, 9, tzinfo=UTC), datetime(2025, 8, 31, 9, tzinfo=UTC)),
            strict=True,
        ):
            Journey.objects.filter(pk=journey_id).update(live_at=day)
        assert go_lives_by_month(4) == [(date(2025, 11, 1), 0), (date(2025, 12, 1), 1), (date(2026, 1, 1), 0), (date(2026, 2, 1), 1)]
