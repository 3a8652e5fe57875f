"""The gate of a stage or step in the playbook's form: its conditions as rows, and back."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.domain.playbooks.document import GATE_KINDS
from boardwell.domain.playbooks.edits import every_step
from boardwell.domain.playbooks.lintgates import MOST_RULES
from boardwell.domain.playbooks.settingsform import read_texts
from boardwell.doors.workspace.titles import title_of


def gate_context(plain: Any, value: Any) -> dict[str, Any]:
    """Every condition with its boxes and one empty row; steps and roles to choose from."""
    root: dict[str, Any] = plain if isinstance(plain, dict) else {}
    rules = value.get("gate") if isinstance(value, dict) else None
    rows = [_row(number, rule) for number, rule in enumerate(rules if isinstance(rules, list) else ())]
    steps = [(str(step.get("key", "")), title_of(step, str(step.get("key", "")))) for _path, step in every_step(root)]
    roles = root.get("roles")
    return {
        "gate_rows": [*rows, *([_row(len(rows), {})] if len(rows) < MOST_RULES else [])],
        "gate_kinds": [
            ("", _("no condition")), ("if", _("Something is so")), ("done", _("A step is done")), ("nothing_blocked", _("Nothing is blocked")),
            ("in_time", _("The promised go-live has not passed")), ("opened_by", _("Somebody opens it by hand")),
        ],
        "gate_steps": [("", "–"), *steps],
        "gate_roles": [("", "–"), *((str(key), title_of(role, str(key))) for key, role in (roles.items() if isinstance(roles, dict) else ()))],
    }  # fmt: skip


def _row(number: int, rule: Any) -> dict[str, Any]:
    values: dict[str, Any] = rule if isinstance(rule, dict) else {}
    kind = next((kind for kind in GATE_KINDS if kind in values), "")
    return {
        "name": f"gate.{number}", "kind": kind, "is_new": not kind, "condition": values.get("if", ""), "step": values.get("done", ""),
        "role": values.get("opened_by") or values.get("who", ""), "says": values.get("says") or {},
    }  # fmt: skip


def gate_names(rows: list[Mapping[str, Any]]) -> list[str]:
    """The fields that a fault can stand beside."""
    return ["gate", *(f"{row['name']}{end}" for row in rows for end in ("", ".if", ".done", ".who", ".says"))]


def typed_gate(post: QueryDict, was: Any) -> Any:
    """The gate as posted; what stood there when the form had none. Rows without a kind go."""
    if "gate.shown" not in post:
        return was
    posted = dict(post.lists())
    old = was if isinstance(was, list) else []
    found: list[dict[str, Any]] = []
    for number in range(MOST_RULES):
        name = f"gate.{number}"
        kind = post.get(f"{name}.kind", "")
        if kind not in GATE_KINDS:
            continue
        before = old[number] if number < len(old) and isinstance(old[number], dict) else {}
        says = read_texts(posted, f"{name}.says", {"en": before["says"]} if isinstance(before.get("says"), str) else before.get("says"))
        role = post.get(f"{name}.who", "").strip()
        value: Any = {"if": post.get(f"{name}.if", "").strip(), "done": post.get(f"{name}.done", ""), "opened_by": role}.get(kind, True)
        rule: dict[str, Any] = {kind: value}
        if role and kind != "opened_by":
            rule["who"] = role
        if says:
            rule["says"] = before["says"] if isinstance(before.get("says"), str) and says == {"en": before["says"]} else says
        found.append(before if rule == before else rule)
    return found
