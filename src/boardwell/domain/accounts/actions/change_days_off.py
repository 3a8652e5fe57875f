"""Note on which days the customer or a third party does not work, beside their country's public holidays."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.accounts.events import DaysOffChanged
from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.actions import record
from boardwell.domain.audit.queries import own_last_change
from boardwell.domain.organisations.absencerules import checked_absence, with_absence, without_absence
from boardwell.domain.organisations.absences import Absence, absences_from, kept_from
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.events import emit

SIDES = ("customer", "third")
VERB = "account.days_off"


def add_days_off(account_id: str, *, side: str = "customer", first_on: date | None, last_on: date | None, words: str = "") -> None:
    """Adds days off, both ends included; running journeys are dated anew in the background.

    The team needs accounts:edit; the customer's administrator adds their own company's. Raises NotFound, NotAllowed, Invalid.
    """
    if side not in SIDES:
        raise Invalid(_("Choose from the list."), {"whose": [_("Choose from the list.")]})
    added = checked_absence(first_on, last_on, words, side)
    with transaction.atomic():
        account = _locked(account_id, side)
        _write(account, with_absence(absences_from(account.days_off), added))


def remove_days_off(account_id: str, *, side: str = "customer", first_on: date | None, last_on: date | None) -> None:
    """Takes days off out again. Raises NotFound (also when there are none of these), NotAllowed."""
    with transaction.atomic():
        account = _locked(account_id, side)
        _write(account, without_absence(absences_from(account.days_off), first_on, last_on, side))


def undo_days_off(account_id: str) -> None:
    """Takes back what the actor last changed of an account's days off. Raises NotFound, NotAllowed, Conflict (changed since)."""
    with transaction.atomic():
        account = _locked(account_id, "customer")
        line = own_last_change(account_id, VERB)
        if line is None:
            raise NotFound(_("There is nothing of yours to undo here."))
        if account.days_off != line.after["days_off"]:
            raise Conflict(_("This has been changed since then. Put it right by hand."))
        _write(account, absences_from(line.before["days_off"]))


def _locked(account_id: str, side: str) -> Account:
    actor = tenancy.current().actor
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound(_("There is no such account."))
    if actor.is_insider:
        tenancy.require("accounts:edit")
    elif not actor.may("portal:invite") or side != "customer":
        raise NotAllowed(_("Only your company's administrator can change its days off."))
    return account


def _write(account: Account, days_off: Iterable[Absence]) -> None:
    before, after = account.days_off, kept_from(days_off)
    if before == after:
        return
    account.days_off = after
    account.save(update_fields=["days_off", "changed_at"])
    record(
        VERB, object_kind="account", object_id=account.id, account_id=account.id, label=account.name, before={"days_off": before},
        after={"days_off": after},
    )  # fmt: skip
    emit(DaysOffChanged(account_id=account.id))
