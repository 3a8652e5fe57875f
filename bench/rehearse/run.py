"""Rehearsing a playbook of 50 steps on 1,000 made-up customers, in one go and in turns of the worker's size, against the 5 s promised."""

import json
import random
import sys
import time
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

import report  # noqa: E402

from boardwell.domain.journeys.rehearsal import Tally, play, rehearse, summed  # noqa: E402
from boardwell.domain.playbooks.document import Document, parse  # noqa: E402

STEPS, CUSTOMERS, A_TURN = 50, 1_000, 250
MONDAY = date(2026, 3, 2)


def book() -> Document:
    """Threads that cross, two sides, every fifth step under a condition on one of six numbers."""
    dice = random.Random(1)
    steps = []
    for n in range(STEPS):
        needs = sorted({f"s{m}" for m in dice.sample(range(max(0, n - 8), n), min(n, dice.randrange(1, 3)))})
        side, when = dice.choice(["ours", "customer"]), f", when: facts.f{n % 6} > {n}" if n % 5 == 0 else ""
        owner = "m" if side == "ours" else "c"
        steps.append(
            f"      - {{key: s{n}, kind: task, side: {side}, owner: {owner}, title: {{en: S}}, duration: {dice.randrange(1, 6)}, "
            f"minutes: 20, needs: [{', '.join(needs)}]{when}}}"
        )
    facts = "".join(f"  f{n}: {{type: number, title: {{en: F}}}}\n" for n in range(6))
    roles = "roles:\n  m: {side: ours, title: {en: M}}\n  c: {side: customer, title: {en: C}}\n"
    head = "boardwell: 1\nkey: fifty\ntitle: {en: Fifty}\n"
    return parse(head + roles + "facts:\n" + facts + "stages:\n  - key: one\n    title: {en: One}\n    steps:\n" + "\n".join(steps) + "\n")


def main() -> None:
    """Processor seconds; both ways must say the same."""
    document = book()
    began = time.process_time()
    whole = rehearse(document, customers=CUSTOMERS, kickoff_on=MONDAY)
    at_once = time.process_time() - began
    began = time.process_time()
    kept = json.dumps(Tally().as_plain())
    for _turn in range(CUSTOMERS // A_TURN):
        tally = Tally.from_plain(json.loads(kept))
        play(document, tally, A_TURN, kickoff_on=MONDAY)
        kept = json.dumps(tally.as_plain())
    in_turns = time.process_time() - began
    same = summed(document, Tally.from_plain(json.loads(kept)), from_past=False).ends == whole.ends
    note = "the same customers, the same days" if same else "NOT the same days"
    report.publish(
        "rehearse",
        [
            report.row(f"{CUSTOMERS:,} customers, {STEPS} steps, in one go", at_once, 5, "promised", "s", less_is_better=True),
            report.row(f"{CUSTOMERS:,} customers, {STEPS} steps, in turns", in_turns, 5, "promised", "s", less_is_better=True, note=note),
        ],
    )


if __name__ == "__main__":
    main()
