"""Automations over the API: what rules there are and what they did; they are made in the workspace, by members."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from boardwell.domain.automations.queries import AutomationView, automation_by_id, automation_list, firings_of
from boardwell.domain.automations.rules import kept
from boardwell.doors.api.entry import as_key
from boardwell.doors.api.paging import opened, sealed
from boardwell.doors.api.problems import REFUSALS

router = Router(tags=["automations"])


@router.get("/automations", response={200: dict[str, Any], **REFUSALS}, summary="List automations")
@as_key
def automations(request: HttpRequest) -> dict[str, Any]:
    """Every rule by name, in words and as it is kept."""
    return {"data": [_told(view) for view in automation_list()]}


@router.get("/automations/{automation_id}", response={200: dict[str, Any], **REFUSALS}, summary="One automation")
@as_key
def automation(request: HttpRequest, automation_id: str) -> dict[str, Any]:
    """What it waits for, its conditions and what it does."""
    return _told(automation_by_id(automation_id))


@router.get("/automations/{automation_id}/firings", response={200: dict[str, Any], **REFUSALS}, summary="What an automation did")
@as_key
def firings(request: HttpRequest, response: HttpResponse, automation_id: str, after: str = "") -> dict[str, Any]:
    """Newest first, fifty a page; `state` is done, unmatched, failed (nothing was done) or cut (a guard stopped it)."""
    name = f"firings.{automation_id}"
    automation_by_id(automation_id)
    rows, older = firings_of(automation_id, before=opened(after, name))
    data = [
        {
            "id": row.id, "fired_at": row.fired_at, "state": row.state, "journey_id": row.journey_id, "step_key": row.step_key,
            "version": row.version, "words": row.words, "deeds": list(row.titles), "depth": row.depth,
        }
        for row in rows
    ]  # fmt: skip
    return {"data": data, "next_cursor": sealed(request, response, older, name)}


def _told(view: AutomationView) -> dict[str, Any]:
    return {
        "id": view.row.id, "name": view.row.name, "state": view.row.state, "version": view.row.current, "sentence": view.sentence,
        "made_by": view.maker_id, "made_at": view.made_at, **kept(view.rule),
    }  # fmt: skip
