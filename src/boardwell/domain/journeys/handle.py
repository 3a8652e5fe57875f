"""What a kind holds of its step: what it may read, and the verbs that end it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Account
from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.access import refuse_strangers
from boardwell.domain.journeys.actions.add_step import add_step
from boardwell.domain.journeys.actions.change_answers import change_answers
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.hold_step import block_step, give_back, send_back
from boardwell.domain.journeys.actions.reopen_step import reopen_step
from boardwell.domain.journeys.actions.save_progress import change_progress, save_progress
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.learning import facts_now
from boardwell.domain.journeys.orders import Outcome
from boardwell.domain.journeys.queries.known import Known, known_facts
from boardwell.domain.playbooks.document import FactType, StepPlan
from boardwell.domain.vault.actions.keep_file import keep_file, remove_file
from boardwell.domain.vault.models import StoredFile
from boardwell.domain.vault.queries import files_of_step
from boardwell.kernel import storage, tenancy
from boardwell.kernel.errors import Conflict, NotFound
from boardwell.kernel.sql import as_json, fetch_one, wall
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a person comes from while they act: address, program, and by which means they lately proved that it is them, with when.

    Times are seconds since 1970. Doors that know none of it give an empty one.
    """

    address: str = ""
    agent: str = ""
    proofs: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class StepHandle:
    """One step of one journey, for the actor of now. Verbs raise the five errors; each is a transaction of its own."""

    journey_id: str
    account_id: str
    step_id: str
    key: str
    kind: str
    state: str
    side: str
    progress: Mapping[str, Any]
    outcome: Mapping[str, Any] | None
    reason: str
    plan: StepPlan | None
    fact_types: Mapping[str, FactType]
    stage_key: str = ""
    contact_id: str = ""
    visit: Visit = Visit()

    @property
    def settings(self) -> Mapping[str, Any]:
        """The kind's own settings."""
        return self.plan.settings if self.plan else {}

    @property
    def title(self) -> str:
        """The step's title in the reader's language."""
        return in_language(self.plan.title) if self.plan else self.key

    @property
    def is_open(self) -> bool:
        """Whether it can be worked on."""
        return self.state in {"ready", "active", "waiting", "blocked"}

    @property
    def has_ended(self) -> bool:
        """Whether it is done, skipped or taken out."""
        return self.state in {"done", "skipped", "cancelled"}

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The journey's facts of now, as far as the reader may know them."""
        return {key: value for key, value in facts_now(self.journey_id).items() if self.may_show(key)}

    @cached_property
    def country(self) -> str:
        """The customer's country (ISO 3166-1 alpha-2), empty when nobody has said it."""
        return Account.objects.values_list("country", flat=True).get(pk=self.account_id)

    def with_progress(self, progress: Mapping[str, Any]) -> "StepHandle":
        """The same step with another progress, as it is read under the lock."""
        return replace(self, progress=progress)

    def may_show(self, fact: str) -> bool:
        """Whether the reader may know a fact: what is internal stays with the team."""
        kind = self.fact_types.get(fact)
        return kind is None or kind.visibility == "shared" or tenancy.current().actor.is_insider

    def known(self, keys: Collection[str]) -> dict[str, Known]:
        """What is known already of some facts, here or in another onboarding of the same customer, with who said so."""
        return known_facts(self.journey_id, self.account_id, self.fact_types, keys)

    def files(self) -> list[StoredFile]:
        """What was attached to the step."""
        return files_of_step(self.step_id)

    def complete(self, outcome: Outcome) -> None:
        """Ends the step as done."""
        complete_step(self.journey_id, self.key, outcome)

    def fail(self, reason: str) -> None:
        """Says what is in the way."""
        block_step(self.journey_id, self.key, reason=reason)

    def ask(self, text: str, outcome: dict[str, Any] | None = None) -> None:
        """Gives the step back to the other side with a remark."""
        send_back(self.journey_id, self.key, reason=text, outcome=outcome)

    def save_progress(self, progress: Mapping[str, Any]) -> None:
        """Keeps what was done so far."""
        save_progress(self.journey_id, self.key, progress)

    def change_progress(self, change: Callable[[Mapping[str, Any]], Mapping[str, Any]], *, noted: bool = True) -> Mapping[str, Any]:
        """Puts what `change` makes of the progress in its place, so that nobody's part is lost; returns it."""
        return change_progress(self.journey_id, self.key, change, noted=noted)

    def change_answers(self, outcome: Outcome, progress: Mapping[str, Any] | None = None) -> bool:
        """Puts a new outcome in the place of a done step's; returns whether that would change the plan."""
        return change_answers(self.journey_id, self.key, outcome, progress)

    def give_back(self, text: str) -> None:
        """Opens the step again with a remark: one that waits for a look, or one that is done."""
        if self.state == "waiting":
            give_back(self.journey_id, self.key, reason=text)
        else:
            reopen_step(self.journey_id, self.key, reason=text)

    def add_step(self, title: str, *, person_id: str, due_on: date | None) -> str:
        """Adds a task to the journey, in this step's stage, and returns its key. Raises Invalid with `title` and `person`."""
        return add_step(self.journey_id, stage_key=self.stage_key, title=title, person_id=person_id, due_on=due_on)

    def attach(self, stream: storage.Upload, name: str, *, accept: tuple[str, ...], max_bytes: int) -> str:
        """Keeps a file with the step and returns its id. Conflict when the step has ended: what was sent then stays what it was."""
        self._require_open()
        return keep_file(
            stream, name, account_id=self.account_id, journey_id=self.journey_id, step_id=self.step_id, accept=accept,
            max_bytes=max_bytes, visibility="shared" if self.plan is None else self.plan.visibility,
        )  # fmt: skip

    def detach(self, file_id: str) -> None:
        """Takes a file of the step away. Conflict when the step has ended."""
        self._require_open()
        remove_file(file_id)

    def _require_open(self) -> None:
        if not self.is_open:
            raise Conflict(_("This step is not open any more. Reload the page to see what happened."))

    def note(self, verb: str, after: Mapping[str, Any]) -> None:
        """Writes a line about the step into the log; inside a transaction."""
        record(
            verb, object_kind="step", object_id=self.step_id, account_id=self.account_id, journey_id=self.journey_id,
            label=self.key, after=after,
        )  # fmt: skip


def plan_with_own_words(
    plan: StepPlan | None, key: str, kind: str, side: str, visibility: str, texts: Mapping[str, Any] | None, settings: Mapping[str, Any] | None
) -> StepPlan:  # fmt: skip
    """What a step is made of when its row keeps words or settings of its own: those of the version that it began under."""
    plan = plan or StepPlan(key, kind, side, "", {}, visibility)
    words = {name: (texts or {}).get(name, getattr(plan, name)) for name in ("title", "help", "expect")}
    return replace(plan, kind=kind, settings=plan.settings if settings is None else settings, **words)


_SEEN = """
SELECT s.id, s.account_id, s.key, s.kind, s.state, s.side, s.visibility, s.progress, s.outcome, s.reason, s.texts, s.settings,
       s.stage_key, s.contact_id, j.version_id
FROM journeys_step s JOIN journeys_journey j ON j.id = s.journey_id
WHERE s.journey_id = %s AND s.key = %s AND
"""


def handle_for(journey_id: str, step_key: str) -> StepHandle:
    """The handle, or NotFound when the step is absent or not the actor's to see. One statement, since every form of a step begins here."""
    condition, values = wall("s", "account_id")
    found = fetch_one(_SEEN + condition, [journey_id, step_key, *values])
    if found is None:
        raise NotFound(_("There is no such step."))
    (step_id, account_id, key, kind, state, side, visibility, progress, outcome, reason, texts, settings, stage_key, contact_id,
     version_id) = found  # fmt: skip
    refuse_strangers(account_id, visibility)
    document = document_of_version(version_id)
    plan = document.step(key.partition("~")[0])
    if texts is not None or settings is not None:
        plan = plan_with_own_words(plan, key, kind, side, visibility, as_json(texts), as_json(settings))
    return StepHandle(
        journey_id=journey_id, account_id=account_id, step_id=step_id, key=key, kind=kind, state=state, side=side,
        progress=as_json(progress) or {}, outcome=as_json(outcome), reason=reason, plan=plan,
        fact_types=document.facts, stage_key=stage_key, contact_id=contact_id or "",
    )  # fmt: skip
