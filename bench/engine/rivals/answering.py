"""How a rival talks to the bench: a line with a number of journeys comes in, the seconds that their steps took go out."""

import sys
import time
from collections.abc import Callable
from typing import Any

from process import NEEDS

type Start = Callable[[], Any]
type Complete = Callable[[Any, int], None]
type Check = Callable[[Any], bool]


def answer(start: Start, complete: Complete, ended: Check) -> None:
    """Serves until the input ends. Journeys are started before the clock is; all have to end."""
    print("ready", flush=True)
    for line in sys.stdin:
        journeys = [start() for _ in range(int(line))]
        began = time.perf_counter()
        for number in NEEDS:
            for journey in journeys:
                complete(journey, number)
        seconds = time.perf_counter() - began
        if not all(ended(journey) for journey in journeys):
            raise SystemExit("a journey did not come to its end")
        print(seconds, flush=True)
