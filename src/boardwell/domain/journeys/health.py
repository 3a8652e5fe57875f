"""Health from named rules with reasons: on_track, at_risk or off_track, never a colour alone; pure.

Each organisation may switch a rule off, set from when it holds and how bad it is; what it did not say is as shipped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

SEVERITIES = ("at_risk", "off_track")
MOST = 365
"""The largest threshold."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether it counts, what it makes of an onboarding, and from which number on (0 where the rule has none)."""

    on: bool
    severity: str
    threshold: int = 0


SHIPPED: Mapping[str, Rule] = {
    "no_owner": Rule(True, "off_track"),
    "past_commitment": Rule(True, "off_track", 1),
    "overdue_many": Rule(True, "off_track", 3),
    "overdue": Rule(True, "at_risk", 1),
    "paused": Rule(True, "at_risk"),
    "silent": Rule(True, "at_risk", 10),
    "low_satisfaction": Rule(True, "at_risk", 2),
}
"""Every rule by name, in the order of the reasons. past_commitment: calendar days from the promised go-live to the forecast; overdue: steps; silent: calendar days; low_satisfaction:
the score of the fact `satisfaction` (1 to 5 in the shipped playbooks) at which, or below which, it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthInput:
    """What the rules look at."""

    today: date
    state: str = "active"
    has_owner: bool = True
    overdue_steps: int = 0
    waiting_side: str = ""
    waiting_days: int = 0
    forecast_live_on: date | None = None
    committed_live_on: date | None = None
    satisfaction: float | None = None


def health_of(seen: HealthInput, rules: Mapping[str, Rule] = SHIPPED) -> tuple[str, list[dict[str, Any]]]:
    """The word, and every reason as {code, …parameters}, worst first."""
    if seen.state not in {"active", "paused"}:
        return "on_track", []
    reasons: dict[str, list[dict[str, Any]]] = {"off_track": [], "at_risk": []}
    told: set[str] = set()
    for name, rule in rules.items():
        reason = _reason(name, rule, seen) if rule.on else None
        if reason is not None and reason["code"] not in told:
            told.add(reason["code"])
            reasons[rule.severity].append(reason)
    if reasons["off_track"]:
        return "off_track", reasons["off_track"] + reasons["at_risk"]
    return ("at_risk", reasons["at_risk"]) if reasons["at_risk"] else ("on_track", [])


def _reason(name: str, rule: Rule, seen: HealthInput) -> dict[str, Any] | None:
    """What the rule has to say; None when it does not hold."""
    if name == "no_owner" and not seen.has_owner:
        return {"code": "no_owner"}
    if name == "past_commitment" and seen.committed_live_on is not None and seen.forecast_live_on is not None:
        days = (seen.forecast_live_on - seen.committed_live_on).days
        return {"code": "past_commitment", "days": days} if days >= rule.threshold else None
    if name in {"overdue", "overdue_many"} and seen.overdue_steps >= rule.threshold:
        return {"code": "overdue", "steps": seen.overdue_steps}
    if name == "paused" and seen.state == "paused":
        return {"code": "paused"}
    if name == "silent" and seen.state == "active" and seen.waiting_side == "customer" and seen.waiting_days >= rule.threshold:
        return {"code": "silent", "days": seen.waiting_days}
    if name == "low_satisfaction" and seen.satisfaction is not None and seen.satisfaction <= rule.threshold:
        return {"code": "low_satisfaction", "score": seen.satisfaction}
    return None


@lru_cache(maxsize=256)
def rules_from(kept: str) -> Mapping[str, Rule]:
    """The rules of an organisation from the text that it keeps; the shipped ones for "". The worse rules come first."""
    said: dict[str, Any] = json.loads(kept) if kept else {}
    if not said:
        return SHIPPED
    found = {
        name: Rule(bool(said[name]["on"]), str(said[name]["severity"]), int(said[name]["threshold"])) if name in said else rule
        for name, rule in SHIPPED.items()
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].severity != "off_track"))


def kept_from(rules: Mapping[str, Rule]) -> str:
    """The text to keep: only what differs from the shipped rules."""
    differs = {name: rule for name, rule in rules.items() if rule != SHIPPED[name]}
    return (
        json.dumps(
            {name: {"on": rule.on, "severity": rule.severity, "threshold": rule.threshold} for name, rule in sorted(differs.items())}
        )
        if differs
        else ""
    )


def satisfaction_in(facts: Mapping[str, Any]) -> float | None:
    """The score among some facts; None when there is none, or it is no number."""
    score = facts.get("satisfaction")
    return float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None
