"""Moving running journeys to another version: what was done stays, what was changed by hand stays, the rest follows; and the way back."""

from datetime import date

import pytest
from django.db import transaction

from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.move_many import start_move_run, take_back_run
from boardwell.domain.journeys.actions.move_to_version import move_to_version
from boardwell.domain.journeys.actions.reschedule_step import reschedule_step
from boardwell.domain.journeys.actions.save_progress import save_progress
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import kind_rules, registry
from boardwell.domain.journeys.models import Journey, Step, VersionMove
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.journeys.queries.undoing import last_undoable
from boardwell.domain.journeys.queries.versions import move_candidates, move_preview, move_run
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.tasks.worker import run_until_idle
from tests.conftest import SMALL

NEXT = (
    SMALL.replace("title: {en: Welcome}, due: {days: 1}", "title: {en: A warm welcome}, due: {days: 2}")
    .replace("title: {en: Needs}\n        due: {days: 3}", "title: {en: Your needs}\n        due: {days: 5}")
    .replace("label: {en: Seats}, required", "label: {en: How many seats?}, required")
    .replace("due: {days: 8}, settings: {question", "due: {days: 10}, settings: {question")
    .replace(
        "      - {key: live,",
        "      - {key: tour, kind: task, side: customer, owner: lead, title: {en: Take the tour}, needs: [needs], due: {days: 7}}\n"
        "      - {key: live,",
    )
    .replace("needs: [signoff], due: {days: 9}", "needs: [signoff, tour], due: {days: 12}")
)
WITHOUT_SIGNOFF = "\n".join(line for line in SMALL.splitlines() if "key: signoff" not in line).replace("needs: [signoff]", "needs: [needs]")
KICKOFF = date(2026, 12, 7)


def publish(house, source: str) -> None:
    with house.as_owner():
        import_playbook(source, kind_rules())


def rows(journey_id: str) -> dict[str, tuple[object, ...]]:
    found = Step.objects.filter(journey_id=journey_id).order_by("position", "id")
    return {row.key: tuple(getattr(row, field.attname) for field in Step._meta.concrete_fields) for row in found}


def states(journey_id: str) -> dict[str, str]:
    return dict(Step.objects.filter(journey_id=journey_id).order_by("position").values_list("key", "state"))


@pytest.fixture
def running(house):
    return house.start(kickoff_on=KICKOFF)


def test_an_untouched_plan_becomes_the_one_that_a_fresh_start_would_get(house, running) -> None:
    publish(house, NEXT)
    fresh = house.start(kickoff_on=KICKOFF)
    with house.as_owner():
        move_to_version(running)
        columns = ("key", "stage_key", "position", "kind", "side", "role", "state", "blockers", "unlocks", "planned_on", "due_at", "texts")
        assert [*Step.objects.filter(journey_id=running).order_by("position").values_list(*columns)] == [
            *Step.objects.filter(journey_id=fresh).order_by("position").values_list(*columns)
        ]
        moved, started = (journey_page(one) for one in (running, fresh))
        assert [step.title for step in moved.every_step] == [step.title for step in started.every_step]
        assert (moved.head.version_number, moved.head.planned_live_on, moved.head.steps_total) == (
            2, started.head.planned_live_on, started.head.steps_total,
        )  # fmt: skip


def test_what_has_ended_keeps_its_row_its_words_and_its_answers(house, running) -> None:
    with house.as_owner():
        complete_step(running, "welcome")
        complete_step(running, "needs", Outcome(word="answered", answers={"seats": 9}, facts={"seats": 9}))
        before = rows(running)
    publish(house, NEXT)
    with house.as_owner():
        move_to_version(running, prefer="new")
        fields = [field.attname for field in Step._meta.concrete_fields]
        kept = [name for name in fields if name not in {"texts", "settings", "unlocks", "position"}]
        after = rows(running)
        for key in ("welcome", "needs"):
            was, now = (dict(zip(fields, side[key], strict=True)) for side in (before, after))
            assert {name: was[name] for name in kept} == {name: now[name] for name in kept}
        page = journey_page(running)
        assert [step.title for step in page.every_step][:2] == ["Welcome", "Needs"]
        assert registry.get("form").answers_of(handle_for(running, "needs")) == [("Seats", "9")]
        assert states(running) == {"welcome": "done", "needs": "done", "signoff": "ready", "tour": "ready", "live": "locked"}


def test_a_day_moved_by_hand_is_a_conflict_and_stays_unless_the_new_version_is_preferred(house) -> None:
    for prefer, expected in (("theirs", date(2026, 12, 22)), ("new", date(2026, 12, 21))):
        publish(house, SMALL + f"# {prefer}\n")
        journey_id = house.start(kickoff_on=KICKOFF)
        with house.as_owner():
            reschedule_step(journey_id, "signoff", due_on=date(2026, 12, 22), reason="asked for")
        publish(house, NEXT + f"# {prefer}\n")
        with house.as_owner():
            preview = move_preview(journey_id)
            signoff = next(step for step in preview.steps if step.key == "signoff")
            assert [(one.label, one.before, one.mine, one.after, one.is_conflict) for one in signoff.changes] == [
                ("Due day", "17 December 2026", "22 December 2026", "21 December 2026", True)
            ]
            move_to_version(journey_id, prefer=prefer)
            assert Step.objects.get(journey_id=journey_id, key="signoff").planned_on == expected


def test_the_preview_says_in_words_what_the_move_then_does(house, running) -> None:
    with house.as_owner():
        complete_step(running, "welcome")
    publish(house, NEXT)
    with house.as_owner():
        before = rows(running)
        preview = move_preview(running)
        assert rows(running) == before
        assert [(step.title, step.verdict) for step in preview.steps] == [
            ("Welcome", "ended"), ("Needs", "changed"), ("Sign-off", "changed"), ("Take the tour", "added"), ("Live", "changed"),
        ]  # fmt: skip
        needs = preview.steps[1]
        assert [(one.label, one.before, one.after) for one in needs.changes] == [
            ("Due day", "10 December 2026", "14 December 2026"), ("Title", "Needs", "Your needs"),
            ("Settings › Questions › seats › label", "Seats", "How many seats?"),
        ]  # fmt: skip
        tally = preview.tally
        assert (tally.ended, tally.added, tally.changed, tally.removed, tally.conflict) == (1, 1, 3, 0, 0)


def test_a_step_that_goes_is_taken_out_with_the_reason_and_what_waited_for_it_opens(house, running) -> None:
    with house.as_owner():
        complete_step(running, "welcome")
        complete_step(running, "needs")
    publish(house, WITHOUT_SIGNOFF)
    with house.as_owner():
        move_to_version(running)
        assert states(running) == {"welcome": "done", "needs": "done", "signoff": "cancelled", "live": "ready"}
        gone = Step.objects.get(journey_id=running, key="signoff")
        assert gone.reason == "Not in version 2 of the playbook"
        assert Journey.objects.get(pk=running).steps_total == 3


def test_work_that_has_begun_is_kept_with_the_form_that_it_began_with(house, running) -> None:
    with house.as_owner():
        complete_step(running, "welcome")
        save_progress(running, "needs", {"answers": {"seats": 4}})
    publish(house, NEXT)
    with house.as_owner():
        assert move_preview(running).tally.conflict == 1
        move_to_version(running)
        handle = handle_for(running, "needs")
        assert handle.settings["fields"][0]["label"] == {"en": "Seats"}
        assert handle.progress == {"answers": {"seats": 4}}
        assert handle.title == "Your needs"
        complete_step(running, "needs", Outcome(word="answered", answers={"seats": 4}, facts={"seats": 4}))


def test_moving_back_to_the_older_version_lifts_the_kept_words_again(house, running) -> None:
    with house.as_owner():
        complete_step(running, "welcome")
        before = rows(running)
    publish(house, NEXT)
    with house.as_owner():
        move_to_version(running)
        assert Step.objects.get(journey_id=running, key="welcome").texts["title"] == {"en": "Welcome"}
        move_to_version(running, number=1)
        welcome = Step.objects.get(journey_id=running, key="welcome")
        assert (welcome.texts, welcome.settings) == (None, None)
        assert states(running)["tour"] == "cancelled"
        after = rows(running)
        assert {key: after[key] for key in before} == before


def test_undo_puts_every_column_of_every_step_back(house, running) -> None:
    with house.as_owner():
        complete_step(running, "welcome")
        before = rows(running)
        head = Journey.objects.filter(pk=running).values("version_id", "title", "roles", "planned_live_on", "steps_total").get()
    publish(house, NEXT)
    with house.as_owner():
        move_to_version(running)
        offer = last_undoable(running)
        assert offer is not None
        assert offer.verb == "journey.moved"
        assert undo(running, offer.position) == "journey.moved"
        after = rows(running)
        assert {key: after[key] for key in before} == before
        assert {key for key, row in after.items() if key not in before} == {key for key in after if key.startswith("tour~")}
        assert Journey.objects.filter(pk=running).values(*head).get() == head
        assert entries_for_journey(running)[0].verb == "journey.undone"
        with pytest.raises(Conflict):
            undo(running, offer.position)


def test_undo_is_refused_once_somebody_has_worked_on_the_new_plan(house, running) -> None:
    publish(house, NEXT)
    with house.as_owner():
        move_to_version(running)
        offer = last_undoable(running)
        assert offer is not None
    with house.as_contact():
        pass
    with tenancy.acting_for(house.organisation_id, actor_for_member(house.member("specialist"))):
        complete_step(running, "welcome")
    with house.as_owner():
        before = rows(running)
        with pytest.raises(Conflict, match="specialist acme completed a step"):
            undo(running, offer.position)
        assert rows(running) == before
        assert Journey.objects.get(pk=running).version.number == 2


def test_a_person_who_was_given_a_step_by_hand_keeps_it(house, running) -> None:
    second = house.member("specialist")
    with house.as_owner():
        assign_step(running, "live", member_id=second.id)
    publish(house, NEXT)
    with house.as_owner():
        move_to_version(running)
        assert Step.objects.get(journey_id=running, key="live").member_id == second.id


def test_one_audit_entry_says_from_where_to_where_and_what_changed(house, running) -> None:
    publish(house, NEXT)
    with house.as_owner():
        move_id = move_to_version(running)
        line = entries_for_journey(running)[0]
    assert (line.verb, line.before) == ("journey.moved", {"version": 1})
    assert line.after == {
        "version": 2, "move": move_id, "prefer": "theirs", "added": ["tour"], "removed": [], "conflicts": 0,
        "changed": ["welcome", "needs", "signoff", "live"],
    }  # fmt: skip


def test_what_cannot_be_is_refused_and_nothing_happens(house, other, running) -> None:
    with house.as_owner(), pytest.raises(Conflict, match="this version already"):
        move_to_version(running)
    publish(house, NEXT)
    with house.as_owner():
        before = rows(running)
        with pytest.raises(Invalid):
            move_to_version(running, prefer="mine")
        with pytest.raises(NotFound):
            move_to_version(running, number=9)
    with tenancy.acting_for(house.organisation_id, actor_for_member(house.member("viewer"))), pytest.raises(NotAllowed):
        move_to_version(running)
    with other.as_owner(), pytest.raises(NotFound):
        move_to_version(running)
    with house.as_owner():
        assert rows(running) == before
        assert VersionMove.objects.count() == 0


def test_many_move_in_the_background_and_what_is_refused_stops_nothing_else(house) -> None:
    ids = [house.start(kickoff_on=KICKOFF) for _number in range(13)]
    publish(house, NEXT)
    with house.as_owner():
        found = move_candidates("small")
        assert {row.journey_id for row in found.rows} == set(ids)
        assert {row.tally.added for row in found.rows} == {1}
        run_id = start_move_run("small", ids)
        move_to_version(ids[4])  # somebody moves one by hand while the run waits
        assert move_run(run_id).waiting == 13
    run_until_idle()
    with house.as_owner():
        run = move_run(run_id)
        assert (run.waiting, run.done, run.refused) == (0, 12, 1)
        assert [row.words for row in run.rows if row.state == "refused"] == ["This onboarding runs on this version already."]
        assert move_candidates("small").rows == ()
        complete_step(ids[0], "welcome")
        take_back_run(run_id)
    run_until_idle()
    with house.as_owner():
        run = move_run(run_id)
        assert (run.count("undone"), run.done, run.waiting) == (11, 1, 0)
        assert Journey.objects.filter(version__number=1).count() == 11
        with pytest.raises(Conflict):
            take_back_run("run_nothing")


def test_a_run_takes_only_onboardings_of_the_playbook(house, other) -> None:
    journey_id, foreign = house.start(), other.start()
    publish(house, NEXT)
    with house.as_owner():
        for ids in ([journey_id, foreign], [journey_id, "jrn_none"]):
            with pytest.raises(NotFound), transaction.atomic():
                start_move_run("small", ids)
        with pytest.raises(Invalid):
            start_move_run("small", [])
        assert VersionMove.objects.count() == 0


def test_the_list_costs_the_same_for_one_onboarding_and_for_ten(house, django_assert_num_queries) -> None:
    house.start()
    publish(house, NEXT)
    with house.as_owner():
        move_candidates("small")
        with django_assert_num_queries(4):
            assert len(move_candidates("small").rows) == 1
    publish(house, SMALL)
    for _number in range(9):
        house.start()
    publish(house, NEXT + "# again\n")
    with house.as_owner():
        move_candidates("small")
        with django_assert_num_queries(4):
            assert len(move_candidates("small").rows) == 10


def test_the_preview_shows_changed_settings_value_by_value_in_the_readers_words(house) -> None:
    journey_id = house.start()
    publish(house, NEXT.replace("required: true, fact: seats", "required: false, min: 3, fact: seats"))
    with house.as_owner():
        (needs,) = [step for step in move_preview(journey_id).steps if step.key == "needs"]
    told = {one.label: (one.before, one.after) for one in needs.changes if one.label.startswith("Settings")}
    assert sorted(told.values()) == [("Seats", "How many seats?"), ("Yes", "No"), ("–", "3")]
    assert all(label.startswith("Settings › ") and " › seats › " in label for label in told)
