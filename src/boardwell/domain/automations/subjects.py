"""What the form's conditions can be about, and the words of the values that are known beforehand."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Subject:
    """One choice behind “if”. `kind`: text, number, yes_no or list."""

    key: str
    label: str | Promise
    kind: str = "text"


SUBJECTS = (
    Subject("journey.health", _("the health")),
    Subject("journey.playbook", _("the playbook")),
    Subject("journey.state", _("the state of the onboarding")),
    Subject("journey.days", _("the number of days since kick-off"), "number"),
    Subject("journey.overdue", _("the number of late steps"), "number"),
    Subject("journey.value", _("the value of the contract"), "number"),
    Subject("journey.waiting_side", _("the side whose turn it is")),
    Subject("step.key", _("the step's key")),
    Subject("step.kind", _("the kind of step")),
    Subject("step.side", _("the side that does the step")),
    Subject("step.stage", _("the stage")),
    Subject("step.required", _("whether the step is required"), "yes_no"),
    Subject("step.days_late", _("the step's delay in days"), "number"),
    Subject("account.name", _("the customer's name")),
    Subject("account.country", _("the customer's country")),
    Subject("account.party", _("the kind of account")),
    Subject("event.after", _("the new health")),
    Subject("event.before", _("the health before")),
    Subject("event.by", _("whoever did it")),
    Subject("event.facts", _("the list of changed facts"), "list"),
)

VALUES = (
    *(
        (subject, value, label)
        for subject in ("journey.health", "event.after", "event.before")
        for value, label in (("on_track", _("on track")), ("at_risk", _("at risk")), ("off_track", _("off track")))
    ),
    *(
        (subject, value, label)
        for subject in ("step.side", "journey.waiting_side")
        for value, label in (("ours", _("us")), ("customer", _("the customer")), ("third", _("a third party")))
    ),
    *(("journey.state", value, label) for value, label in (("active", _("running")), ("paused", _("paused")), ("live", _("live")))),
    *(
        ("account.party", value, label)
        for value, label in (("customer", _("customer")), ("vendor", _("vendor")), ("partner", _("partner")))
    ),
    *(
        ("event.by", value, label)
        for value, label in (("contact", _("the customer")), ("member", _("somebody on the team")), ("api_key", _("a program")))
    ),
    ("step.required", "yes", _("yes")),
    ("step.required", "no", _("no")),
)
"""(subject, value, words): offered while typing, and said in sentences."""
