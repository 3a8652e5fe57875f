"""Ready-made rules to begin from, in the reader's language."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from boardwell.domain.automations.rules import Clause, Deed, Rule


@dataclass(frozen=True, slots=True)
class Recipe:
    """A rule to begin from: its name and what it is good for."""

    key: str
    name: str
    purpose: str
    rule: Rule


def _rescue() -> Recipe:
    rule = Rule(
        "health_turned", (Clause("event.after", "is", "off_track"),), "",
        (
            Deed("notify", who="owner", text=_("{onboarding} is off track. Look at it today, and call the customer.")),
            Deed("add_step", who="owner", text=_("Agree with {account} how to get back on track"), value="2"),
        ),
    )  # fmt: skip
    return Recipe("rescue", _("Rescue what goes off track"), _("The owner hears of it and gets a step to do."), rule)


def _slow_customer() -> Recipe:
    rule = Rule(
        "step_overdue", (Clause("step.side", "is", "customer"),), "",
        (Deed("message", text=_("A step is still waiting for you: {step}. Is anything unclear? Write to us here, and we help.")),),
    )  # fmt: skip
    return Recipe("slow_customer", _("Offer help when the customer is late"), _("A friendly message instead of one more reminder."), rule)


def _blocked() -> Recipe:
    rule = Rule(
        "step_blocked", (), "",
        (Deed("assign", who="owner"), Deed("notify", who="role:manager", text=_("{step} is blocked at {account}."))),
    )  # fmt: skip
    return Recipe("blocked", _("What is blocked goes to the owner"), _("And the managers know on the same day."), rule)


def _welcome_live() -> Recipe:
    rule = Rule(
        "journey_live", (), "",
        (
            Deed("message", text=_("You are live. Congratulations! We stay within reach: write to us here whenever a question comes up.")),
            Deed("add_step", who="owner", text=_("Ask {account} how the first weeks went"), value="10"),
        ),
    )  # fmt: skip
    return Recipe("welcome_live", _("After go-live"), _("Congratulate, and check in two weeks later."), rule)


def _upload() -> Recipe:
    rule = Rule(
        "file_uploaded", (Clause("event.by", "is", "contact"),), "",
        (Deed("notify", who="owner", text=_("{account} has uploaded a file: look through it while they wait.")),),
    )  # fmt: skip
    return Recipe("upload", _("A file has come in"), _("Nobody has to look whether the customer has sent something."), rule)


def _crm() -> Recipe:
    rule = Rule("step_completed", (Clause("step.kind", "is", "milestone"),), "", (Deed("webhook", what="https://"),))
    return Recipe("crm", _("Milestones to your CRM"), _("Calls an address of yours, signed, whenever a milestone is reached."), rule)


_ALL: tuple[Callable[[], Recipe], ...] = (_rescue, _slow_customer, _blocked, _welcome_live, _upload, _crm)


def recipes() -> list[Recipe]:
    """The six recipes, their words in the active language."""
    return [make() for make in _ALL]


def recipe_by_key(key: str) -> Recipe | None:
    """One recipe."""
    return next((one for one in recipes() if one.key == key), None)
