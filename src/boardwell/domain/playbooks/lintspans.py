"""Checks of a step's days and durations: whether they can all be kept; pure."""

from typing import Any

from boardwell.domain.playbooks.faults import MOST_DAYS
from boardwell.domain.playbooks.lintground import Ground, short

_STRETCH = 1.4
"""Calendar days to a working day, on the average."""


def check_span(ground: Ground, key: str) -> None:
    """The duration, and the days that hold a step: what can never be kept is an error before anybody starts."""
    path, step = ground.steps[key]
    duration = step.get("duration")
    if duration is not None and not _whole(duration, 0, MOST_DAYS):
        ground.say((*path, "duration"), "duration", most=MOST_DAYS)
    if step.get("fixed") is not None and not isinstance(step["fixed"], bool):
        ground.say((*path, "fixed"), "fixed")
    elif step.get("fixed") and step.get("due") is None:
        ground.say((*path, "fixed"), "fixed.no_due")
    due, earliest, latest = (offset(ground, key, field) for field in ("due", "not_before", "deadline"))
    needed = max(0, _days(duration) - 1) * _STRETCH
    if due is not None and latest is not None and due > latest:
        ground.say((*path, "deadline"), "impossible_date.deadline_before_due")
    if earliest is None:
        return
    if due is not None and earliest + needed > due + _STRETCH:
        ground.say((*path, "not_before"), "impossible_date.begins_too_late", name="due")
    elif latest is not None and earliest + needed > latest + _STRETCH:
        ground.say((*path, "not_before"), "impossible_date.begins_too_late", name="deadline")


def check_room(ground: Ground, order: list[str]) -> None:
    """What a step needs, one after the other in `order`, has to fit in before its due day, as far as durations are given."""
    ends: dict[str, float] = {}
    for key in order:
        path, step = ground.steps[key]
        begins, by = 0.0, ""
        for need in step.get("needs") or []:
            told: dict[str, Any] = need if isinstance(need, dict) else {"step": need}
            if told.get("type", "fs") != "fs" or not isinstance(told.get("step"), str) or told["step"] not in ends:
                continue
            days = _days(told.get("lag", 0), -MOST_DAYS) * (_STRETCH if told.get("unit", "working") == "working" else 1.0)
            if ends[told["step"]] + days > begins:
                begins, by = ends[told["step"]] + days, told["step"]
        due, takes = offset(ground, key), _days(step.get("duration")) * _STRETCH
        if due is not None and takes and by and begins + takes > due + _STRETCH + 0.01:
            ground.say((*path, "due"), "impossible_date.too_short", name=short(by))
        ends[key] = max(begins + takes, due if due is not None else 0.0)


def offset(ground: Ground, key: str, field: str = "due") -> float | None:
    """Calendar days from kick-off, working days stretched by 7/5; None when it hangs on a fact or turns in a circle."""
    days, seen = 0.0, set()
    while True:
        rule = ground.steps[key][1].get(field) if key in ground.steps else None
        if key in seen or not isinstance(rule, dict) or not _whole(rule.get("days"), -MOST_DAYS, MOST_DAYS):
            return None
        seen.add(key)
        days += float(rule["days"]) * (_STRETCH if rule.get("unit", "working") == "working" else 1.0)
        kind, _sep, name = str(rule.get("from", "kickoff")).partition(":")
        if kind == "kickoff":
            return days
        if kind != "step":
            return None
        key, field = name, "due"


def _days(value: Any, least: int = 0) -> int:
    return int(value) if _whole(value, least, MOST_DAYS) else 0


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
