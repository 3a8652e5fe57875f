"""The process as a flow of viewflow."""

from typing import Any

from django.db import connection
from process import RUNS
from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.models import Process


def nodes() -> dict[str, Any]:
    """The process as viewflow's nodes."""
    names = [f"s{part}" if isinstance(part, int) else f"fork{place}" for place, part in enumerate(RUNS)] + ["end"]
    made: dict[str, Any] = {
        "start": flow.StartHandle(lambda activation: activation.process).Next(getattr(this, names[0])),
        "end": flow.End(),
    }
    for place, part in enumerate(RUNS):
        after = getattr(this, names[place + 1])
        if isinstance(part, int):
            made[f"s{part}"] = flow.Handle().Next(after)
            continue
        fork = flow.Split()
        for branch in part:
            fork = fork.Next(getattr(this, f"s{branch[0]}"))
            for number, later in zip(branch, [*branch[1:], None], strict=True):
                made[f"s{number}"] = flow.Handle().Next(getattr(this, f"s{later}" if later else f"join{place}"))
        made[f"fork{place}"], made[f"join{place}"] = fork, flow.Join().Next(after)
    return made


Onboarding = type(
    "Onboarding", (flow.Flow,),
    {
        "process_class": Process, "process_title": "Bench", "__module__": __name__,
        "lock_impl": lock.SelectForUpdateLock() if connection.vendor == "postgresql" else lock.NoLock(), **nodes(),
    },
)  # fmt: skip
