"""The 20-step process, with splits and joins, that every side runs; and the long chain of 200."""

NEEDS: dict[int, list[int]] = {
    1: [], 2: [1], 3: [1], 4: [1], 5: [2, 3, 4], 6: [5], 7: [6], 8: [5], 9: [8], 10: [5], 11: [7, 9, 10], 12: [11], 13: [12], 14: [12],
    15: [13, 14], 16: [15], 17: [15], 18: [15], 19: [16, 17, 18], 20: [19],
}  # fmt: skip
CHAIN: dict[int, list[int]] = {number: [number - 1] if number > 1 else [] for number in range(1, 201)}

RUNS: list[int | list[list[int]]] = [1, [[2], [3], [4]], 5, [[6, 7], [8, 9], [10]], 11, 12, [[13], [14]], 15, [[16], [17], [18]], 19, 20]
"""The same as NEEDS, as an engine of gateways wants it: a step, or branches that run side by side."""


def waiting_for(needs: dict[int, list[int]]) -> dict[int, list[int]]:
    """What each step unlocks."""
    return {number: [later for later, before in needs.items() if number in before] for number in needs}


def playbook(key: str, needs: dict[int, list[int]]) -> str:
    """A process as a playbook."""
    lines = [
        f"boardwell: 1\nkey: {key}\ntitle: {{en: Bench}}\nroles: {{we: {{side: ours, title: {{en: We}}}}}}\nstages:\n  - key: s\n    title: {{en: S}}\n    steps:"
    ]
    for number, before in needs.items():
        wanted = ", ".join(f"s{one}" for one in before)
        lines.append(
            f"      - {{key: s{number}, kind: task, side: ours, owner: we, title: {{en: Step}}, due: {{days: {number}}}, needs: [{wanted}]}}"
        )
    return "\n".join(lines) + "\n"
