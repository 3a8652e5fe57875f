"""What every bench prints and keeps: a table, and the rows of var/bench/NAME.json."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def row(
    name: str, ours: float, other: float, other_name: str, unit: str, *, less_is_better: bool = False, note: str = ""
) -> dict[str, Any]:
    """One comparison; `ratio` is how many times better ours is."""
    ratio = (other / ours if less_is_better else ours / other) if ours and other else None
    return {"name": name, "ours": ours, "other": other, "other_name": other_name, "ratio": ratio, "unit": unit, "note": note}


def publish(bench: str, rows: list[dict[str, Any]]) -> None:
    """Prints the table and writes var/bench/NAME.json."""
    wide = max(len(each["name"]) for each in rows)
    other_wide = max(len(each["other_name"]) for each in rows)
    print(f"{'':{wide}} {'ours':>12} {'other':>12} {'ratio':>8}  {'':{other_wide}} unit")
    for each in rows:
        ratio = "–" if each["ratio"] is None else f"{each['ratio']:.2f}"
        print(
            f"{each['name']:{wide}} {each['ours']:12,.4g} {each['other']:12,.4g} {ratio:>8}  {each['other_name']:{other_wide}} "
            f"{each['unit']}{'  ' + each['note'] if each['note'] else ''}"
        )  # fmt: skip
    out = ROOT / "var" / "bench" / f"{bench}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rows, indent=2, ensure_ascii=False))
