"""Who may see and do what with a journey; the answers, never the refusals' side effects."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotAllowed, NotFound
from boardwell.kernel.tenancy import Actor


def may_see_step(actor: Actor, account_id: str, visibility: str) -> bool:
    """Insiders with journeys:view see everything; outsiders the shared steps of their own accounts."""
    if actor.is_insider:
        return actor.may("journeys:view")
    return visibility == "shared" and actor.account_ids is not None and account_id in actor.account_ids


def refuse_strangers(account_id: str, visibility: str = "shared") -> None:
    """NotFound when the current actor may not know that this exists: foreign and absent look the same."""
    if not may_see_step(tenancy.current().actor, account_id, visibility):
        raise NotFound(_("There is nothing here, or it is not yours to see."))


def may_end_step(actor: Actor, side: str) -> bool:
    """Members end any step (the customer's on their behalf, which the log shows); outsiders the steps of their side."""
    if actor.is_insider:
        return actor.may("journeys:complete")
    return actor.may("portal:act") and side != "ours"


def may_sign_gate(actor: Actor, members: Iterable[str]) -> bool:
    """Whether the actor is one of those who open a gate by hand."""
    return actor.kind == "member" and actor.id in set(members)


def require_end_step(side: str) -> Actor:
    """The current actor when `may_end_step`, else NotAllowed."""
    actor = tenancy.current().actor
    if not may_end_step(actor, side):
        raise NotAllowed(_("This step is for somebody else to do."))
    return actor
