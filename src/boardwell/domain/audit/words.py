"""What each verb of the log says in words: “Anna skipped a step”."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, str | Promise] = {
    "access.changed": _("changed who may come in"),
    "account.archived": _("archived the account"),
    "account.changed": _("changed the account"),
    "account.created": _("added the account"),
    "api_key.created": _("made an API key"),
    "api_key.revoked": _("revoked an API key"),
    "brand.changed": _("changed the brand"),
    "calendar.deleted": _("deleted a calendar"),
    "calendar.saved": _("saved a calendar"),
    "contact.added": _("added a contact"),
    "contact.changed": _("changed a contact"),
    "contact.invited": _("invited a contact"),
    "contact.joined": _("came in for the first time"),
    "contact.looked_as": _("began to see the portal as a contact sees it"),
    "contact.look_ended": _("stopped seeing the portal as a contact sees it"),
    "contact.removed": _("removed a contact"),
    "fact.recorded": _("recorded a fact"),
    "file.changed": _("changed a file"),
    "file.kept": _("uploaded a file"),
    "file.opened": _("opened a file"),
    "file.removed": _("removed a file"),
    "habits.changed": _("changed quiet hours or languages"),
    "import.cancelled": _("stopped an import"),
    "import.started": _("started an import"),
    "import.ended": _("finished an import"),
    "journey.cancelled": _("cancelled the onboarding"),
    "journey.first_value": _("recorded the first value"),
    "journey.go_live": _("declared the customer live"),
    "journey.handed_over": _("handed the onboarding over"),
    "journey.kickoff": _("recorded the kick-off"),
    "journey.moved": _("moved the onboarding to another version of its playbook"),
    "journey.paused": _("paused the onboarding"),
    "journey.resumed": _("resumed the onboarding"),
    "journey.started": _("started the onboarding"),
    "journey.undone": _("took back a change to the onboarding"),
    "member.changed": _("changed a member"),
    "member.invited": _("invited a member"),
    "message.changed": _("changed a message"),
    "message.posted": _("wrote a message"),
    "message.removed": _("took a message back"),
    "organisation.changed": _("changed the organisation"),
    "organisation.founded": _("founded the organisation"),
    "paper.accepted": _("accepted an expectation sheet"),
    "paper.changed": _("edited a paper"),
    "paper.discarded": _("threw a draft away"),
    "paper.drafted": _("drafted a paper"),
    "paper.scheduled": _("changed how often reports are written"),
    "paper.sent": _("sent a paper"),
    "plan.changed": _("changed the plan"),
    "plan.kept": _("left the plan as it was"),
    "playbook.created": _("created a playbook"),
    "playbook.drafted": _("edited a playbook"),
    "playbook.published": _("published a playbook"),
    "playbook.restored": _("restored a playbook"),
    "playbook.retired": _("retired a playbook"),
    "reminder.sent": _("was reminded"),
    "provider.added": _("set up a sign-in service"),
    "provider.changed": _("changed a sign-in service"),
    "provider.removed": _("removed a sign-in service"),
    "step.assigned": _("gave a step to somebody"),
    "step.blocked": _("said what blocks a step"),
    "step.completed": _("completed a step"),
    "step.dated": _("dated a step by what was recorded"),
    "step.ready": _("cleared what blocked a step"),
    "step.reopened": _("reopened a step"),
    "step.redated": _("moved a day with the working days"),
    "step.rescheduled": _("moved a due day"),
    "step.saved": _("worked on a step"),
    "step.skipped": _("skipped a step"),
    "step.undone": _("took back what was done to a step"),
    "step.waiting": _("sent a step back with a remark"),
    "list.exported": _("exported a list"),
    "view.changed": _("changed a saved view"),
    "view.deleted": _("deleted a saved view"),
    "view.opens_first": _("chose the view that opens first"),
    "view.saved": _("saved a view"),
}


def register_verb(verb: str, words: str | Promise) -> None:
    """Gives a verb its words; capabilities and listeners word their own here when they start."""
    if WORDS.setdefault(verb, words) != words:
        raise ValueError(f"the verb {verb} has words already")


def sentence(verb: str) -> str:
    """The verb in words; a verb that nobody worded stands as it is."""
    return str(WORDS.get(verb, verb))
