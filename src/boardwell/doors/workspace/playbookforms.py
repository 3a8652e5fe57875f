"""The playbook editor's forms: which part is edited, what was typed into it, and the edit that this makes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.journeys.kinds import registry
from boardwell.domain.playbooks import edits
from boardwell.domain.playbooks.edits import free_key, stages_of, steps_of
from boardwell.domain.playbooks.faults import LANGUAGES
from boardwell.domain.playbooks.settingsform import number_in, read, read_texts, rearranged
from boardwell.domain.playbooks.yamledit import EditError, same
from boardwell.domain.playbooks.yamlfile import Path
from boardwell.doors.workspace.gateform import typed_gate

type Edit = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Place:
    """Which part is edited: playbook, roles, facts, a stage (`0`) or a step (`0.3`); `0.new` is a step that is not there yet."""

    word: str
    stage: int = 0
    step: int = 0

    @property
    def at(self) -> str:
        """As it stands in addresses."""
        return {"stage": str(self.stage), "step": f"{self.stage}.{self.step}", "new": f"{self.stage}.new"}.get(self.word, self.word)

    @property
    def path(self) -> Path:
        """Its path in the document."""
        if self.word == "stage":
            return ("stages", self.stage)
        if self.word == "step":
            return ("stages", self.stage, "steps", self.step)
        return (self.word,) if self.word in ("roles", "facts") else ()


def place_in(plain: Any, at: str) -> Place:
    """The part that an address names; the playbook itself when there is no such part."""
    match = re.fullmatch(r"([0-9]{1,4})(?:\.([0-9]{1,4}|new))?", at)
    if match is None:
        return Place(at if at in ("roles", "facts") else "playbook")
    stage, step = int(match.group(1)), match.group(2)
    stages = stages_of(plain)
    if stage >= len(stages) or not isinstance(stages[stage], dict):
        return Place("playbook")
    if step is None:
        return Place("stage", stage)
    if step == "new":
        return Place("new", stage)
    steps = steps_of(stages[stage])
    return Place("step", stage, int(step)) if int(step) < len(steps) and isinstance(steps[int(step)], dict) else Place("stage", stage)


def value_at(plain: Any, path: Path) -> Any:
    """The value at a path of a document; None when there is none."""
    for part in path:
        try:
            plain = plain[part]
        except (KeyError, IndexError, TypeError):
            return None
    return plain


# --- what was typed -----------------------------------------------------------------------------------------------


def typed_step(post: QueryDict, old: Any) -> dict[str, Any]:
    """The fields of a step as posted; `None` and empty ones are to go."""
    was = old if isinstance(old, dict) else {}
    posted = dict(post.lists())
    kind = post.get("kind", "").strip()
    fields: dict[str, Any] = {
        "key": post.get("key", "").strip(), "kind": kind, "side": post.get("side", ""), "owner": post.get("owner", ""),
        "visibility": post.get("visibility", ""), "required": "required" in post, "minutes": number_in(post.get("minutes", "")),
        "effort": number_in(post.get("effort", "").replace(",", ".")),
        "title": _texts(posted, "title", was), "help": _texts(posted, "help", was), "expect": _texts(posted, "expect", was),
        "needs": _typed_needs(post), "duration": number_in(post.get("duration", "")), "when": post.get("when", "").strip(), "gate": typed_gate(post, was.get("gate")), "due": _typed_due(post), "remind": _typed_remind(post, was),
    }  # fmt: skip
    settings_kind = registry.get(post.get("settings_kind", ""))
    settings = was.get("settings")
    if settings_kind is not None:
        settings = read(settings_kind.settings_schema, posted, settings, "settings")
    new_kind = registry.get(kind)
    if new_kind is not None and kind != post.get("settings_kind", kind) and isinstance(settings, dict):
        known = new_kind.settings_schema.get("properties", {})
        settings = {key: value for key, value in settings.items() if key in known}
    fields["settings"] = settings
    return fields


def _texts(posted: Mapping[str, list[str]], name: str, was: Mapping[str, Any]) -> dict[str, str]:
    old = was.get(name)
    return read_texts(posted, name, {"en": old} if isinstance(old, str) else old)


def _typed_needs(post: QueryDict) -> list[Any]:
    found: list[Any] = []
    for name in dict.fromkeys(post.getlist("needs")):
        kind, lag = post.get(f"need.{name}.type", "fs"), number_in(post.get(f"need.{name}.lag", "")) or 0
        unit = post.get(f"need.{name}.unit", "working")
        found.append(name if (kind, lag) == ("fs", 0) else {"step": name, "type": kind, "lag": lag, "unit": unit})
    return found


def _typed_due(post: QueryDict) -> dict[str, Any] | None:
    days = number_in(post.get("due.days", ""))
    if days is None:
        return None
    return {"days": days, "unit": post.get("due.unit", "working"), "from": post.get("due.from", "kickoff")}


def _typed_remind(post: QueryDict, was: Mapping[str, Any]) -> dict[str, Any] | None:
    if "remind.own" not in post:
        return None
    old = was.get("remind")
    on = "remind.on" in post
    found: dict[str, Any] = {"before": _days(post.get("remind.before", ""))}
    if not on or (isinstance(old, dict) and "on" in old) or not isinstance(old, dict):
        found["on"] = on
    found["after"] = _days(post.get("remind.after", ""))
    found["escalate"] = number_in(post.get("remind.escalate", ""))
    return {key: value for key, value in found.items() if value not in (None, [])}


def _days(text: str) -> list[Any]:
    return [number_in(part) for part in re.split(r"[,;\s]+", text) if part.strip()]


def typed_part(place: Place, post: QueryDict, plain: Any) -> Any:
    """The whole part as if what was posted were written: for looking at it, checking it and showing it again."""
    old = value_at(plain, place.path)
    if place.word in ("step", "new"):
        was = old if place.word == "step" and isinstance(old, dict) else {}
        return merged(was, typed_step(post, was), "step")
    if place.word == "stage":
        return merged(old, typed_stage(post, old), "stage")
    if place.word in ("roles", "facts"):
        return {row["key"]: row["fields"] for row in typed_rows(place.word, post, old if isinstance(old, dict) else {}) if row["key"]}
    return merged(old, typed_head(post, old), "head")


def merged(old: Any, fields: Mapping[str, Any], order: str) -> dict[str, Any]:
    """The part with the fields put in, as `edits` would write it."""
    return edits.with_fields(old if isinstance(old, dict) else {}, fields, order)


def typed_stage(post: QueryDict, old: Any) -> dict[str, Any]:
    """The fields of a stage as posted."""
    was = old if isinstance(old, dict) else {}
    return {
        "key": post.get("key", "").strip(), "title": _texts(dict(post.lists()), "title", was), "gate": typed_gate(post, was.get("gate")),
    }  # fmt: skip


def typed_head(post: QueryDict, old: Any) -> dict[str, Any]:
    """The fields of the playbook itself as posted."""
    was = old if isinstance(old, dict) else {}
    posted = dict(post.lists())
    languages = [one for one in LANGUAGES if one in post.getlist("languages")]
    old_languages = was.get("languages")
    if isinstance(old_languages, list) and sorted(map(str, old_languages)) == sorted(languages):
        languages = old_languages
    if old_languages is None and languages == ["en"]:
        languages = []
    return {
        "title": _texts(posted, "title", was),
        "summary": _texts(posted, "summary", was),
        "party": post.get("party", ""),
        "languages": languages,
    }


def typed_rows(word: str, post: QueryDict, old: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Roles or facts as posted: `was` is the key that stood there, empty for a new one; `gone` ones are to go."""
    posted = dict(post.lists())
    rows: list[dict[str, Any]] = []
    for number in sorted({int(found.group(1)) for name in posted if (found := re.match(rf"{word}\.([0-9]{{1,4}})\.", name))}):
        name = f"{word}.{number}"
        was = post.get(f"{name}.was", "")
        before = old.get(was) if isinstance(old.get(was), dict) else {}
        fields: dict[str, Any] = {
            "title": _texts({key.removeprefix(f"{name}."): value for key, value in posted.items()}, "title", before or {})
        }
        if word == "roles":
            fields["side"] = post.get(f"{name}.side", "")
        else:
            fields["type"], fields["visibility"] = post.get(f"{name}.type", ""), post.get(f"{name}.visibility", "")
            choices = read(_CHOICES, posted, {"choices": (before or {}).get("choices")}, name)
            fields["choices"] = choices.get("choices") if fields["type"] in ("choice", "choices") else None
        key = post.get(f"{name}.key", "").strip()
        if not was and not key and not fields["title"]:
            continue
        key = key or free_key(next(iter(fields["title"].values()), ""), [row["key"] for row in rows], word=word.removesuffix("s")).replace(
            "-", "_"
        )
        rows.append({"was": was, "key": key, "fields": merged(before, fields, word.removesuffix("s")), "typed": fields})
    return rows


_CHOICES = {
    "properties": {
        "choices": {"type": "object", "additionalProperties": {"type": "object", "propertyNames": {"enum": list(LANGUAGES)}, "additionalProperties": {"type": "string"}}}
    }
}  # fmt: skip


# --- the edit that it makes ---------------------------------------------------------------------------------------


def edit_of(place: Place, post: QueryDict, plain: Any) -> Edit:
    """The edit that writes what was posted into its part."""
    old = value_at(plain, place.path)
    if place.word == "step":
        return partial(edits.set_step, stage=place.stage, step=place.step, fields=typed_step(post, old))
    if place.word == "new":
        return partial(edits.put_step, stage=place.stage, at=len(steps_of(stages_of(plain)[place.stage])), fields=typed_step(post, {}))
    if place.word == "stage":
        return partial(edits.set_stage, stage=place.stage, fields=typed_stage(post, old))
    if place.word == "playbook":
        return partial(edits.set_head, fields=typed_head(post, old))
    rows = typed_rows(place.word, post, old if isinstance(old, dict) else {})
    change = edits.set_role if place.word == "roles" else edits.set_fact

    def every_row(source: str) -> str:
        for row in rows:
            source = change(source, row["was"], row["key"], row["typed"])
        return source

    return every_row


@dataclass(frozen=True, slots=True)
class Done:
    """What a button does after the part was written: the edit, its name in the log, and where the editor goes next."""

    edit: Edit
    verb: str
    next_at: str


def button(verb: str, place: Place, plain: Any) -> Done | None:
    """The structural edit of a button, such as `up`, or `up:0.3` for another part than the one that is open; None for plain saving."""
    word, _sep, at = verb.partition(":")
    target = place_in(plain, at) if at else place
    stages, stage, step = stages_of(plain), target.stage, target.step
    steps = (
        steps_of(stages[stage])
        if target.word in ("stage", "step", "new") and stage < len(stages) and isinstance(stages[stage], dict)
        else []
    )
    title, owner = _new_titles(plain), _first_owner(plain)
    if word == "add_stage":
        where = stage + 1 if target.word in ("stage", "step") else len(stages)
        return Done(lambda source: edits.add_stage(source, where, title[0], owner), "stage.added", str(where))
    if word == "add_step" and stages and target.word in ("stage", "step"):
        where = step + 1 if target.word == "step" else len(steps)
        return Done(lambda source: edits.add_step(source, stage, where, title[1], owner), "step.added", f"{stage}.{where}")
    if word in ("up", "down") and target.word == "step":
        return _moved_step(stages, stage, step, 1 if word == "down" else -1)
    if word in ("up", "down") and target.word == "stage":
        to = stage + (1 if word == "down" else -1)
        return Done(lambda source: edits.move_stage(source, stage, to), "stage.moved", str(to)) if 0 <= to < len(stages) else None
    if word == "duplicate" and target.word == "step":
        return Done(lambda source: edits.duplicate_step(source, stage, step), "step.copied", f"{stage}.{step + 1}")
    if word == "duplicate" and target.word == "stage":
        return Done(lambda source: edits.duplicate_stage(source, stage), "stage.copied", str(stage + 1))
    if word == "delete" and target.word == "step":
        return Done(lambda source: edits.remove_step(source, stage, step), "step.removed", f"{stage}.{step - 1}" if step else str(stage))
    if word == "delete" and target.word == "stage":
        return Done(lambda source: edits.remove_stage(source, stage), "stage.removed", str(stage - 1) if stage else "playbook")
    if word == "delete" and place.word in ("roles", "facts") and at:
        return Done(lambda source: edits.remove_entry(source, place.word, at), f"{place.word.removesuffix('s')}.removed", place.at)
    return None


def _moved_step(stages: list[Any], stage: int, step: int, by: int) -> Done | None:
    """Within its stage; from its end into the next stage, from its beginning into the one before."""
    to_stage, to = stage, step + by
    if not 0 <= to < len(steps_of(stages[stage])):
        to_stage = stage + by
        if not 0 <= to_stage < len(stages):
            return None
        to = 0 if by > 0 else len(steps_of(stages[to_stage]))
    return Done(lambda source: edits.move_step(source, stage, step, to_stage, to), "step.moved", f"{to_stage}.{to}")


def _new_titles(plain: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The titles of a new stage and a new step in the document's languages."""
    found = plain.get("languages", ["en"]) if isinstance(plain, dict) else ["en"]
    languages = [one for one in found if one in LANGUAGES] if isinstance(found, list) else []
    stage, step = {}, {}
    for language in languages or ["en"]:
        with translation.override(language):
            stage[language], step[language] = _("New stage"), _("New step")
    return stage, step


def _first_owner(plain: Any) -> tuple[str, str] | None:
    roles = plain.get("roles") if isinstance(plain, dict) else None
    for key, role in roles.items() if isinstance(roles, dict) else ():
        if isinstance(role, dict) and role.get("side") == "ours":
            return str(key), "ours"
    return None


def row_edit(post: QueryDict, place: Place, plain: Any, verb: str) -> Edit | None:
    """`row-remove:settings.fields.2` and its like: the part is written with the row taken out or moved."""
    word, _sep, name = verb.partition(":")
    if not word.startswith("row-") or place.word != "step" or not name.startswith("settings."):
        return None
    fields = typed_step(post, value_at(plain, place.path))
    if isinstance(fields["settings"], dict):
        fields["settings"] = rearranged(fields["settings"], name, word.removeprefix("row-"))
    return partial(edits.set_step, stage=place.stage, step=place.step, fields=fields)


def kept_both(base: Any, theirs: Any, mine: Any) -> Any:
    """Two people changed one part: mine where I changed it, theirs elsewhere."""
    if not (isinstance(theirs, dict) and isinstance(mine, dict)):
        return mine
    was = base if isinstance(base, dict) else {}
    found = {}
    for name in [*theirs, *[name for name in mine if name not in theirs]]:
        value = theirs.get(name) if same(mine.get(name), was.get(name)) else mine.get(name)
        if value is not None:
            found[name] = value
    return found


__all__ = ["Done", "Edit", "EditError", "Place", "button", "edit_of", "kept_both", "place_in", "row_edit", "typed_part", "value_at"]
