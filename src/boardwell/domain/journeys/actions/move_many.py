"""Move many journeys to the latest version of their playbook in the background, and take that back; what is refused stops nothing else."""

from collections.abc import Sequence

from django.db import transaction
from django.tasks import task
from django.utils.translation import gettext as _

from boardwell.domain.journeys.actions.move_to_version import carry_out, require_mover
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.models import Journey, VersionMove
from boardwell.domain.journeys.queries.versions import MOST
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.queries import latest_published
from boardwell.kernel import tenancy
from boardwell.kernel.errors import BoardwellError, Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.ids import new_id

A_TURN = 10
"""Journeys that share a turn of the worker; each has a transaction of its own."""


def start_move_run(playbook_key: str, journey_ids: Sequence[str], *, prefer: str = "theirs") -> str:
    """Asks for many journeys to move to the latest version, in the background; returns the run's id. Raises NotAllowed, Invalid."""
    actor = require_mover(prefer)
    if actor.kind != "member":
        raise NotAllowed(_("Only members change many onboardings at once."))
    if not 1 <= len(journey_ids) <= MOST:
        message = (
            _("Choose at least one onboarding.") if not journey_ids else _("Choose at most %(most)d onboardings at once.") % {"most": MOST}
        )
        raise Invalid(message, {"ids": [message]})
    target = latest_published(playbook_key)
    run_id = new_id("run")
    with transaction.atomic():
        journeys = Journey.objects.filter(pk__in=journey_ids, version__playbook_id=target.playbook_id)
        made = [
            VersionMove(
                organisation_id=tenancy.current().organisation_id, account_id=journey.account_id, journey=journey, run_id=run_id,
                to_version=target, prefer=prefer, made_by_id=actor.id,
            )
            for journey in journeys
        ]  # fmt: skip
        if len(made) != len(set(journey_ids)):
            raise NotFound(_("There is no such onboarding."))
        VersionMove.objects.bulk_create(made)
        move_rows.enqueue(run_id)
    return run_id


def take_back_run(run_id: str) -> None:
    """Asks for every journey of a run that has moved to go back, in the background. Raises NotAllowed, Conflict (nothing to take back)."""
    actor = tenancy.require("journeys:edit")
    with transaction.atomic():
        rows = VersionMove.objects.filter(run_id=run_id, state="done", made_by_id=actor.id).exclude(run_id="")
        if not rows.update(state="returning"):
            raise Conflict(_("There is nothing of yours to undo here."))
        move_rows.enqueue(run_id)


@task
def move_rows(run_id: str) -> None:
    """One turn: a few journeys, each in a transaction of its own; what is refused says why and stops nothing else."""
    rows = VersionMove.objects.filter(run_id=run_id, state__in=["waiting", "returning"])
    turn = list(rows.order_by("id")[:A_TURN])
    if not turn:
        return
    member = Member.objects.get(pk=turn[0].made_by_id)
    with tenancy.acting_for(turn[0].organisation_id, actor_for_member(member)):
        for move in turn:
            _one_of_many(move)
    if rows.exists():
        move_rows.enqueue(run_id)


def _one_of_many(move: VersionMove) -> None:
    is_back = move.state == "returning"
    try:
        with transaction.atomic():
            tenancy.require("journeys:edit")
            if is_back:
                undo(move.journey_id, move.before["position"])
            else:
                carry_out(lock_journey(move.journey_id), move)
    except BoardwellError as problem:
        VersionMove.objects.filter(pk=move.pk).update(state="done" if is_back else "refused", words=str(problem)[:300])
