"""One journey whole, as plain values: for whoever wants to take it along."""

from dataclasses import asdict
from typing import Any

from boardwell.domain.accounts.queries import account_by_id, contacts_of
from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.conversations.queries import messages_of
from boardwell.domain.journeys.queries.pages import facts_of, journey_page
from boardwell.domain.vault.queries import files_of_journey
from boardwell.kernel import tenancy

FORMAT = "boardwell.journey/1"
_MOST = 100_000


def journey_whole(journey_id: str) -> dict[str, Any]:
    """Everything of one journey: head, plan, facts with their history, people, messages, files (without bytes) and the log.

    For the team: internal steps, notes and files are in it, each marked as such. Ids stay, so that parts can be put together
    again. A fixed number of queries. Raises NotFound.
    """
    tenancy.require("journeys:view")
    page = journey_page(journey_id)
    account = account_by_id(page.head.account_id)
    return {
        "format": FORMAT,
        "journey": asdict(page.head),
        "account": {
            name: getattr(account, name)
            for name in ("id", "name", "party", "industry", "country", "city", "website", "source", "external_id")
        },
        "contacts": [
            {name: getattr(one, name) for name in ("id", "name", "email", "job_title", "role", "side", "invited_at", "joined_at")}
            for one in contacts_of(account.id)
        ],
        "stages": [{"key": stage.key, "title": stage.title, "steps": [asdict(step) for step in stage.steps]} for stage in page.stages],
        "facts": [asdict(fact) for fact in facts_of(journey_id)],
        "proposals": [asdict(proposal) for proposal in page.proposals],
        "messages": [
            {name: getattr(one, name) for name in ("id", "author_name", "author_kind", "visibility", "body", "created_at", "removed_at")}
            for one in messages_of(journey_id, most=_MOST)
        ],
        "files": [
            {
                name: getattr(one, name)
                for name in ("id", "name", "media_type", "size_bytes", "sha256", "visibility", "uploaded_by_name", "created_at", "step_id")
            }
            for one in files_of_journey(journey_id)
        ],
        "log": [
            {
                "position": line.position, "at": line.at, "actor": {"id": line.actor_id, "kind": line.actor_kind, "name": line.actor_name},
                "verb": line.verb, "object": {"kind": line.object_kind, "id": line.object_id, "label": line.label},
                "before": line.before, "after": line.after, "why": line.why, "leaf_hash": line.leaf_hash,
            }
            for line in entries_for_journey(journey_id, most=_MOST)
        ],
    }  # fmt: skip
