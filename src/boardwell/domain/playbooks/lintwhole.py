"""Checks of the plan as a whole: circles, steps that never open, facts that nobody records, waiting that nobody explains; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from boardwell.domain.playbooks.lintground import Ground, short
from boardwell.domain.playbooks.lintspans import check_room


def check_cycles(ground: Ground) -> None:
    """Steps that need each other, or count their days from each other."""
    for code, name, edges in (
        ("cycle", "needs", {key: needs_of(step) for key, (_path, step) in ground.steps.items()}),
        ("due_cycle", "due", {key: dated_from(step) for key, (_path, step) in ground.steps.items()}),
    ):
        for circle in circles(edges):
            path, _step = ground.steps[circle[0]]
            ground.say((*path, name), code, steps=" → ".join([*circle, circle[0]])[:300])
            ground.never.update(circle if code == "cycle" else ())


def check_reach(ground: Ground) -> None:
    """A step whose every way in is dead cannot come; one that needs only left-out steps merely loses the need."""
    stuck = {name for name in ground.never if ground.steps[name][1].get("when") is None}
    changed = True
    while changed:
        changed = False
        for key, (path, step) in ground.steps.items():
            if key not in stuck and any(need in stuck for need in needs_of(step)):
                stuck.add(key)
                changed = True
                ground.say(path, "unreachable", name=short(key))


def check_facts_are_recorded(ground: Ground) -> None:
    """Facts that conditions and dates hang on should be asked for somewhere; a field must not record what is not declared."""
    recorded: set[str] = set()
    for path, step in ground.steps.values():
        outside = step.get("side") in ("customer", "third")
        for at, name in ground.recorded(path, step):
            recorded.add(name)
            if name not in ground.facts:
                ground.say_unknown(at, "unknown_fact", name, ground.facts)
            elif outside and ground.facts[name].get("visibility") == "internal":
                ground.say(at, "internal_leak.field", name=short(name))
            elif step.get("visibility", "shared") == "shared" and ground.facts[name].get("visibility") == "internal":
                ground.say(at, "internal_leak.answer", name=short(name))
    for at, name, at_character in ground.used_facts:
        if name in ground.facts and name not in recorded:
            ground.warn(at, "unrecorded_fact", at_character=at_character, name=short(name))


def check_words(ground: Ground) -> None:
    """Texts for customers that name an internal step or fact by its title."""
    titles: list[tuple[str, str, str]] = []
    inside = [(step.get("title"), step["key"]) for _path, step in ground.steps.values() if step.get("visibility") == "internal"]
    inside += [(fact.get("title"), key) for key, fact in ground.facts.items() if fact.get("visibility") == "internal"]
    for title, key in inside:
        titles += [(language, words.casefold(), key) for language, words in texts_of(title) if len(words) >= _LEAST_TELLING]
    if not titles:
        return
    for path, step in ground.steps.values():
        if step.get("visibility", "shared") != "shared":
            continue
        for field in ("title", "help", "expect"):
            for language, words in texts_of(step.get(field)):
                folded = words.casefold()
                for named in sorted({key for of, title, key in titles if of == language and title in folded}):
                    at = (*path, field, language) if isinstance(step[field], dict) else (*path, field)
                    ground.warn(at, "internal_leak.words", name=short(named))


_LEAST_TELLING = 6
"""Shorter titles are everyday words, which may stand anywhere."""


def texts_of(value: Any) -> list[tuple[str, str]]:
    """(language, words) of a text, whatever the form it is written in."""
    if isinstance(value, str):
        return [("en", value)]
    return [(str(of), words) for of, words in value.items() if isinstance(words, str)] if isinstance(value, dict) else []


def check_waiting(ground: Ground) -> None:
    """A customer who waits for something that they cannot see should at least read what to expect."""
    for path, step in ground.steps.values():
        if step.get("side") not in ("customer", "third") or step.get("visibility", "shared") != "shared" or step.get("expect"):
            continue
        for index, name in enumerate(needs_of(step)):
            if name in ground.steps and ground.steps[name][1].get("visibility") == "internal":
                ground.warn((*path, "needs", index), "waits_unexplained", name=short(name))


def check_durations(ground: Ground) -> None:
    """Whether what comes first leaves each step the time that it takes."""
    if any(step.get("duration") for _path, step in ground.steps.values()):
        check_room(ground, in_order({key: needs_of(step) for key, (_path, step) in ground.steps.items()}))


def in_order(edges: Mapping[str, list[str]]) -> list[str]:
    """The keys, each after all that it needs; those in or behind a circle are left out."""
    waiting = {key: sum(need in edges for need in needs) for key, needs in edges.items()}
    behind: dict[str, list[str]] = {key: [] for key in edges}
    for key, needs in edges.items():
        for need in needs:
            if need in behind:
                behind[need].append(key)
    found = [key for key, count in waiting.items() if not count]
    for key in found:  # grows while it is walked
        for following in behind[key]:
            waiting[following] -= 1
            if not waiting[following]:
                found.append(following)
    return found


def needs_of(step: dict[str, Any]) -> list[str]:
    """Keys that a step needs, whatever the form they are written in."""
    needs = step.get("needs") or []
    if not isinstance(needs, list):
        return []
    return [name for need in needs if isinstance(name := need.get("step") if isinstance(need, dict) else need, str)]


def dated_from(step: dict[str, Any]) -> list[str]:
    """The step whose day this one's counts from."""
    due = step.get("due")
    origin = str(due.get("from", "")) if isinstance(due, dict) else ""
    return [origin.removeprefix("step:")] if origin.startswith("step:") else []


def circles(edges: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Each circle once, beginning with its first step in the order of the text."""
    state: dict[str, int] = {}
    for start in edges:
        if state.get(start):
            continue
        trail: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
        state[start] = 1
        while trail:
            key, rest = trail[-1]
            following = next((name for name in rest if name in edges), None)
            if following is None:
                state[key] = 2
                trail.pop()
            elif state.get(following) == 1:
                names = [name for name, _rest in trail]
                yield names[names.index(following) :]
            elif not state.get(following):
                state[following] = 1
                trail.append((following, iter(edges[following])))
