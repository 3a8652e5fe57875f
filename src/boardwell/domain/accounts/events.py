"""What can happen to accounts and contacts."""

from dataclasses import dataclass

from boardwell.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent(Event):
    """Base: which account."""

    account_id: str


class AccountCreated(AccountEvent):
    """A customer, vendor or partner is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactInvited(AccountEvent):
    """A contact shall get a letter of invitation; the mail's listener makes the secret, so that it lies nowhere in clear."""

    contact_id: str
    invitation_id: str
    journey_id: str
    invited_by: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactJoined(AccountEvent):
    """A contact came in for the first time."""

    contact_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOffChanged(Event):
    """The customer or a third party works on other days: another country, or days off of their own."""

    account_id: str
