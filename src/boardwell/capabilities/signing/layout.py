"""Lays values out on clear pages with Typst, in any of our scripts; a letter that no font has is found before anything is sent."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\n\t")


@lru_cache(maxsize=4)
def letters_of(folder: str) -> frozenset[int]:
    """Every character that a font of the folder has."""
    found: set[int] = set()
    for path in sorted(Path(folder).glob("*.ttf")):
        with TTFont(path, lazy=True) as font:
            found |= set(font.getBestCmap() or {})
    return frozenset(found)


def missing(text: str, folder: Path) -> str:
    """The characters of a text that no font has, each once, in order; empty when it can be drawn."""
    known = letters_of(str(folder))
    return "".join(dict.fromkeys(each for each in text if ord(each) not in known and each not in _INVISIBLE))


def overlay(
    sizes: Sequence[Sequence[float]], values: Iterable[Mapping[str, Any]], *, language: str, fonts: Sequence[str], folder: Path, title: str,
    made_at: int,
) -> bytes:  # fmt: skip
    """A PDF of clear pages of these sizes (points) with the values in their boxes; the same values give the same bytes. Some 10 ms.

    A value has `page` (from 0), `x`, `y`, `w`, `h` in points from the upper left, `kind` (text, typed, tick, strokes, picture) and
    `text`, `svg` or `bytes`.
    """
    import typst  # 80 MB, and only who signs needs it

    pages: list[dict[str, Any]] = [{"width": width, "height": height, "values": []} for width, height in sizes]
    for one in values:
        shown = {"most": 12, **one}
        if one["kind"] == "picture":
            shown["bytes"] = list(one["bytes"])
        pages[one["page"]]["values"].append(shown)
    given = {"language": language, "fonts": list(fonts), "title": title, "pages": pages}
    made: bytes = typst.compile(
        str(HERE / "overlay.typ"), root=str(HERE), font_paths=[str(folder)], ignore_system_fonts=True, format="pdf",
        sys_inputs={"given": json.dumps(given, ensure_ascii=False)}, timestamp=made_at,
    )  # fmt: skip
    return made


def strokes_as_svg(strokes: Sequence[Sequence[Sequence[float]]]) -> str:
    """Drawn lines as a picture: each stroke a list of points [x, y], cut to what was drawn. ValueError for anything else."""
    points = [point for stroke in strokes for point in stroke]
    if (
        not points
        or len(points) > 5_000
        or any(len(point) != 2 or not all(-10_000 < float(each) < 10_000 for each in point) for point in points)
    ):
        raise ValueError("strokes")
    left, top = min(p[0] for p in points) - 3, min(p[1] for p in points) - 3
    width, height = max(p[0] for p in points) - left + 3, max(p[1] for p in points) - top + 3
    if width < 12 or sum(len(stroke) for stroke in strokes) < 4:
        raise ValueError("strokes")
    lines = []
    for stroke in strokes:
        path = " ".join(f"{x - left:.1f},{y - top:.1f}" for x, y in stroke)
        lines.append(
            f'<polyline points="{path}" fill="none" stroke="#12263f" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height:.1f}">{"".join(lines)}</svg>'
