"""The customer accepts an expectation sheet by name."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.access import refuse_strangers
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.papers.events import PaperAccepted
from boardwell.domain.papers.models import Paper
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.words import line

SHORTEST_NAME = 2


def accept_paper(journey_id: str, paper_id: str, *, name: str) -> None:
    """Writes down who accepted which words (their hash). Twice is the same as once. Raises NotFound, NotAllowed, Invalid, Conflict."""
    actor = tenancy.require("portal:act")
    typed = line(name, 160)
    with transaction.atomic():
        lock_journey(journey_id)
        paper = Paper.objects.filter(pk=paper_id, journey_id=journey_id, kind="expectation_sheet").exclude(state="draft").first()
        if paper is None:
            raise NotFound(_("There is no such paper."))
        refuse_strangers(paper.account_id)
        if paper.state == "accepted":
            return
        if Paper.objects.filter(journey_id=journey_id, kind=paper.kind, number__gt=paper.number).exclude(state="draft").exists():
            raise Conflict(_("There is a newer version. Please look at that one."))
        if len(typed) < SHORTEST_NAME:
            raise Invalid(_("Type your full name."), {"name": [_("Type your full name.")]})
        paper.state, paper.accepted_at, paper.accepted_by_id, paper.accepted_name = "accepted", now(), actor.id, typed
        paper.save()
        record(
            "paper.accepted", object_kind="paper", object_id=paper.id, account_id=paper.account_id, journey_id=journey_id,
            label=f"{paper.kind} {paper.number}", after={"sha256": paper.sha256, "name": typed},
        )  # fmt: skip
        emit(PaperAccepted(paper_id=paper.id, journey_id=journey_id, account_id=paper.account_id, kind=paper.kind))
