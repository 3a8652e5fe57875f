"""Which verb may follow which state; pure."""

OPEN = frozenset({"ready", "active", "waiting", "blocked"})
ENDED = frozenset({"done", "skipped", "cancelled"})
STATES = OPEN | ENDED | {"locked"}

_FROM: dict[str, frozenset[str]] = {
    "complete": OPEN,
    "save": OPEN,
    "skip": OPEN | {"locked"},
    "reopen": frozenset({"done", "skipped"}),
    "block": frozenset({"ready", "active", "waiting"}),
    "unblock": frozenset({"blocked"}),
    "send_back": frozenset({"ready", "active"}),
    "give_back": frozenset({"waiting"}),
    "change": frozenset({"done"}),
    "assign": OPEN | {"locked"},
    "reschedule": OPEN | {"locked"},
}
VERBS = frozenset(_FROM)


def may(verb: str, state: str) -> bool:
    """Whether the verb is legal in the state; unknown verbs raise KeyError."""
    return state in _FROM[verb]
