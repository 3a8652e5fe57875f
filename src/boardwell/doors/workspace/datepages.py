"""The plan over time as a page needs it: bars, their words, and the same as a table."""

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.journeys.queries.dates import DatedStep, dated_plan
from boardwell.domain.journeys.queries.delays import delay_of
from boardwell.domain.journeys.queries.outlook import outlook_for
from boardwell.ui import charts
from boardwell.ui.gantt import Item, lay_out
from boardwell.ui.ranges import lay_out as lay_out_ranges

HOLDER_TONES = {"customer": "warn", "third": "good", "ours": "info", "paused": "neutral"}
"""The colours of the sides, as the plan over time has them."""


def dates_context(slug: str, journey_id: str) -> dict[str, Any]:
    """What the page needs. Raises NotFound."""
    plan, ahead = dated_plan(journey_id), outlook_for(journey_id)
    address = {one.key: reverse("workspace:step", args=[slug, journey_id, one.key]) for _title, steps in plan.stages for one in steps}
    titles = {one.key: one.title for _title, steps in plan.stages for one in steps}
    stages = [
        (
            title,
            [
                Item(
                    one.key, one.title, one.starts_on, one.on, words_of(one), address[one.key], one.side, one.has_ended, one.is_late,
                    one.is_critical, one.is_milestone, one.baseline_starts_on, one.baseline_on, one.waits_for,
                )
                for one in steps
            ],
        )
        for title, steps in plan.stages
    ]  # fmt: skip
    return {
        "dated": plan,
        "ahead": ahead,
        "ranges": lay_out_ranges([*([ahead.end] if ahead.end else []), *ahead.milestones], ahead.planned_on, ahead.promised_on),
        "gantt": lay_out(stages, today=plan.today, days_off=plan.days_off, promised_on=plan.committed_live_on),
        "dated_rows": [
            {"stage": title, "step": one, "href": address[one.key], "waits_for": [titles[key] for key in one.waits_for if key in titles]}
            for title, steps in plan.stages
            for one in steps
        ],
        "movable": [(one.key, one.title) for _stage, steps in plan.stages for one in steps if not one.has_ended],
        **delay_context(journey_id),
    }


def delay_context(journey_id: str) -> dict[str, Any]:
    """The delay ledger and its bar. Raises NotFound."""
    delay = delay_of(journey_id)
    labels = {"customer": _("Customer"), "third": _("Third party"), "ours": _("Our team"), "paused": _("Paused")}
    pieces = [(labels[holder], days, HOLDER_TONES[holder]) for holder, days in delay.totals] if delay is not None else []
    return {"delay": delay, "delay_bars": charts.stacked([(_("Late days"), "", pieces)])}


def words_of(one: DatedStep) -> str:
    """A bar in words, for those who hear it."""
    told = {"title": one.title, "from": date_format(one.starts_on, "DATE_FORMAT"), "to": date_format(one.on, "DATE_FORMAT")}
    said = [_("%(title)s: %(from)s to %(to)s") % told if one.starts_on != one.on else f"{told['title']}: {told['to']}"]
    if one.has_ended:
        said.append(_("Done"))
    if one.on != one.planned_on:
        said.append(_("planned for %(day)s") % {"day": date_format(one.planned_on, "DATE_FORMAT")})
    if one.is_critical:
        said.append(_("on the critical path"))
    elif one.slack:
        said.append(ngettext("%(n)d working day of slack", "%(n)d working days of slack", one.slack) % {"n": one.slack})
    return "; ".join(said)
