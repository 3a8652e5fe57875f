"""Version 1 of the API: accounts, journeys and their steps, with the same rights as the screens."""

from typing import Any

from django.db import DataError, transaction
from django.http import HttpRequest, HttpResponse
from ninja import Body, Field, NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import StrictBool

from boardwell.domain.accounts.actions.save_account import create_account, upsert_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.queries import contacts_of
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.orders import Outcome, StartOrder
from boardwell.domain.journeys.queries.answers import answers_of_journey
from boardwell.domain.journeys.queries.lists import Filters, journey_list
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.doors.api.accounts import router as accounts
from boardwell.doors.api.answers import AnswersOut, FactsRecorded, JourneyLines, JourneyOut, Started, StepEnded, replies
from boardwell.doors.api.automations import router as automations
from boardwell.doors.api.compliance import router as compliance
from boardwell.doors.api.entry import Bearer, as_key, once
from boardwell.doors.api.journey_verbs import ReasonIn
from boardwell.doors.api.journey_verbs import router as journey_verbs
from boardwell.doors.api.paging import opened, sealed
from boardwell.doors.api.problems import PROBLEM, problem_response
from boardwell.doors.api.reading import Day, In, StrictParser
from boardwell.kernel.errors import BoardwellError
from boardwell.kernel.rates import TooMany


class Api(NinjaAPI):
    """Documents problems as what they are sent as."""

    def get_openapi_schema(self, **asked: Any) -> Any:
        """Ninja's document, in which every refusal is problem+json."""
        document = super().get_openapi_schema(**asked)
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400:
                        response["content"] = {PROBLEM: next(iter(response["content"].values()))}
        return document


api = Api(
    title="Boardwell", version="1", auth=Bearer(), parser=StrictParser(), urls_namespace="api", docs_url="/docs/",
    openapi_url="/v1/openapi.json",
)  # fmt: skip


class ContactIn(In):
    """A person at the account."""

    name: str = Field(min_length=1, max_length=160)
    email: str = Field(max_length=320)
    role: str = Field(default="participant", max_length=20)


class StartIn(In):
    """What a won deal says."""

    playbook: str = Field(max_length=60)
    owner_id: str = Field(max_length=32)
    account_id: str = Field(default="", max_length=32)
    account_name: str = Field(default="", max_length=200)
    account_external_id: str = Field(default="", max_length=120)
    contacts: list[ContactIn] = Field(default=[], max_length=50)
    external_id: str = Field(default="", max_length=120)
    source: str = Field(default="api", max_length=40)
    title: str = Field(default="", max_length=200)
    kickoff_on: Day | None = None
    committed_live_on: Day | None = None
    facts: dict[str, Any] = {}
    welcome: StrictBool = True


class CompleteIn(In):
    """How a step ended."""

    word: str = Field(default="done", max_length=40)
    answers: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    note: str = Field(default="", max_length=2000)


@api.exception_handler(BoardwellError)
def refused(request: HttpRequest, problem: BoardwellError) -> HttpResponse:
    """The errors of the house."""
    response = problem_response(request, problem.status, str(problem), getattr(problem, "fields", {}))
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.wait_seconds)
    return response


@api.exception_handler(DataError)
@api.exception_handler(UnicodeEncodeError)
def unstorable(request: HttpRequest, problem: Exception) -> HttpResponse:
    """Text that no database keeps, such as NUL characters; nothing was written."""
    return problem_response(request, 422, "A text holds characters that cannot be kept, such as NUL or a lone surrogate.")


@api.exception_handler(AuthenticationError)
def unknown_key(request: HttpRequest, problem: AuthenticationError) -> HttpResponse:
    """No key, or one that is not usable."""
    return problem_response(request, 401, "Send a usable key: Authorization: Bearer bwk_…")


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, problem: HttpError) -> HttpResponse:
    """A body that is no JSON, and what else the framework refuses before an operation is reached."""
    cause = problem.__cause__  # what the parser says: the place in the body, and what was expected there
    return problem_response(request, problem.status_code, f"{problem}: {cause}"[:300] if cause else str(problem))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, problem: ValidationError) -> HttpResponse:
    """A body or parameter that does not fit the schema."""
    fields: dict[str, list[str]] = {}
    for error in problem.errors:
        fields.setdefault("/" + "/".join(str(part) for part in error["loc"]), []).append(str(error["msg"]))
    return problem_response(request, 422, "The request does not fit the schema.", fields)


@api.post("/v1/journeys", response=replies(Started), summary="Start an onboarding")
@as_key
def start(request: HttpRequest, body: StartIn) -> Any:
    """An account (by id, external id or name), contacts, an owner and a dated plan; one journey for each external id."""

    @transaction.atomic  # several actions: all of them or none
    def act() -> dict[str, Any]:
        account_id = body.account_id
        if not account_id and body.account_external_id:
            account_id, _word = upsert_account(source=body.source, external_id=body.account_external_id, name=body.account_name)
        elif not account_id:
            account_id = create_account(name=body.account_name)
        known = {contact.email for contact in contacts_of(account_id)}
        for contact in body.contacts:
            if contact.email.strip().lower() not in known:
                add_contact(account_id, name=contact.name, email=contact.email, role=contact.role)
        started = start_journey(
            StartOrder(
                playbook_key=body.playbook, account_id=account_id, owner_id=body.owner_id, source=body.source,
                external_id=body.external_id, title=body.title, kickoff_on=body.kickoff_on,
                committed_live_on=body.committed_live_on, facts=body.facts, welcome=body.welcome,
            )
        )  # fmt: skip
        return {"id": started.journey_id, "account_id": account_id, "created": started.created}

    return once(request, "journeys.start", act)


@api.get("/v1/journeys", response=replies(JourneyLines), summary="List onboardings")
@as_key
def journeys(
    request: HttpRequest, response: HttpResponse, state: str = "open", health: str = "", search: str = "", after: str = ""
) -> dict[str, Any]:
    """Newest first, fifty a page; `Link` leads to the next page, or `next_cursor` goes into `after`."""
    filters = Filters.from_query({"state": state, "health": health, "search": search, "after": opened(after, "journeys")})
    listed = journey_list(filters)
    rows = [
        {
            "id": row.id, "title": row.title, "account_id": row.account_id, "account": row.account_name, "state": row.state,
            "health": row.health, "health_reasons": row.health_reasons, "steps_done": row.steps_done, "steps_total": row.steps_total,
            "waiting_side": row.waiting_side, "waiting_since_at": row.waiting_since_at, "kickoff_on": row.kickoff_on,
            "planned_live_on": row.planned_live_on, "committed_live_on": row.committed_live_on, "forecast_live_on": row.forecast_live_on,
            "baseline_live_on": row.baseline_live_on, "live_at": row.live_at,
        }
        for row in listed.rows
    ]  # fmt: skip
    return {"data": rows, "next_cursor": sealed(request, response, listed.next_cursor, "journeys")}


@api.get("/v1/journeys/{journey_id}", response=replies(JourneyOut), summary="One onboarding with its plan")
@as_key
def journey(request: HttpRequest, journey_id: str) -> dict[str, Any]:
    """State, dates, and every step in order."""
    page = journey_page(journey_id)
    head = page.head
    return {
        "id": head.id, "title": head.title, "account_id": head.account_id, "owner_id": head.owner_id, "state": head.state,
        "health": head.health, "health_reasons": head.health_reasons, "playbook": head.playbook_key, "version": head.version_number,
        "kickoff_on": head.kickoff_on, "planned_live_on": head.planned_live_on, "committed_live_on": head.committed_live_on,
        "forecast_live_on": head.forecast_live_on, "baseline_live_on": head.baseline_live_on, "live_at": head.live_at, "steps": [
            {
                "key": step.key, "title": step.title, "kind": step.kind, "side": step.side, "visibility": step.visibility,
                "state": step.state, "gates": [
                    {"gate": gate.key, "conditions": [{"words": line.words, "holds": line.holds, "who": line.who} for line in gate.lines]}
                    for gate in step.shut_gates
                ], "planned_on": step.planned_on, "committed_on": step.committed_on, "forecast_on": step.forecast_on,
                "baseline_on": step.baseline_on, "done_on": step.done_on, "ended_at": step.ended_at, "outcome": step.outcome,
            }
            for step in page.every_step
        ],
    }  # fmt: skip


@api.get("/v1/journeys/{journey_id}/answers", response=replies(AnswersOut), summary="What was answered in an onboarding")
@as_key
def answers(request: HttpRequest, journey_id: str) -> dict[str, Any]:
    """Every form that has been filled in, in the order of the plan: typed answers by key, and the questions."""
    found = [
        {
            "step": one.step, "title": one.title, "ended_at": one.ended_at, "ended_by": one.ended_by_name, "answers": dict(one.answers),
            "questions": {key: label for key, label, _cell in one.cells},
        }
        for one in answers_of_journey(journey_id)
    ]  # fmt: skip
    return {"data": found}


@api.post("/v1/journeys/{journey_id}/steps/{key}/complete", response=replies(StepEnded), summary="Complete a step")
@as_key
def complete(request: HttpRequest, journey_id: str, key: str, body: CompleteIn) -> Any:
    """Ends an open step as done; 409 when it is locked or has ended."""

    def act() -> dict[str, Any]:
        complete_step(journey_id, key, Outcome(word=body.word, answers=body.answers, facts=body.facts, note=body.note))
        return {"journey_id": journey_id, "key": key, "state": "done"}

    return once(request, f"complete.{journey_id}.{key}"[:120], act)


@api.post("/v1/journeys/{journey_id}/steps/{key}/skip", response=replies(StepEnded), summary="Skip a step")
@as_key
def skip(request: HttpRequest, journey_id: str, key: str, body: ReasonIn) -> Any:
    """Leaves a step out, with a reason."""

    def act() -> dict[str, Any]:
        skip_step(journey_id, key, reason=body.reason)
        return {"journey_id": journey_id, "key": key, "state": "skipped"}

    return once(request, f"skip.{journey_id}.{key}"[:120], act)


@api.post("/v1/journeys/{journey_id}/facts", response=replies(FactsRecorded), summary="Record facts")
@as_key
def facts(request: HttpRequest, journey_id: str, body: Body[dict[str, Any]]) -> Any:
    """Records facts; says whether they would change the plan, which somebody then decides."""
    return once(
        request, f"facts.{journey_id}"[:120], lambda: {"journey_id": journey_id, "plan_would_change": record_facts(journey_id, body)}
    )


api.add_router("/v1", journey_verbs)
api.add_router("/v1", accounts)
api.add_router("/v1", compliance)
api.add_router("/v1", automations)
