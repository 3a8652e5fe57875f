"""Pages for paper: a title, sections of Markdown and the brand, laid out as an accessible PDF in any of our scripts."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

HERE = Path(__file__).resolve().parent
FONTS = HERE.parent / "static" / "built" / "papers"
FAMILIES = {"bn": "Noto Sans Bengali", "hi": "Noto Sans Devanagari"}
"""The script's own font first: the other way round Typst needs ten times as long for Bengali."""
_PARSER = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What stands on it. `sections` are (heading, Markdown); `lines` stand small under the title; `foot` at the foot of each page.

    `blanks` are places to sign at the end, by whom; `blank_words` what stands under the lines: signature, name, date.
    """

    language: str
    sender: str
    accent: str
    title: str
    subtitle: str
    lines: Sequence[str]
    sections: Sequence[tuple[str, str]]
    foot: str
    page_of: str
    made_at: datetime
    blanks: Sequence[str] = ()
    blank_words: tuple[str, str, str] = ("", "", "")


BLANK = {"signature": (0, 0, 230, 46), "name": (0, 62, 230, 15), "date": (260, 62, 130, 15)}
"""Where the parts of a blank lie in it: left, top, width, height in points."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a blank begins: the page from 0, points from its upper left corner."""

    page: int
    x: float
    y: float


def places_of_blanks(paper: Paper) -> list[Place]:
    """Where each blank of the paper came to lie; as dear as the paper itself."""
    import typst

    found = json.loads(typst.query(str(HERE / "paper.typ"), "<blank>", field="value", **_given(paper)))
    return [Place(one["page"] - 1, one["x"], one["y"]) for one in found]


def fonts_of(language: str) -> list[str]:
    """The families for a language, its own script first; together they have every letter that we can draw."""
    return _fonts(language)


def pdf(paper: Paper) -> bytes:
    """The paper as PDF/UA-1; the same paper gives the same bytes. Some 20 ms; images and links in the Markdown are left out.

    Everything that was typed goes in as JSON text, never as Typst source.
    """
    import typst  # 80 MB, and only who asks for a PDF needs it

    made: bytes = typst.compile(
        str(HERE / "paper.typ"), format="pdf", pdf_standards="ua-1", timestamp=int(paper.made_at.timestamp()), **_given(paper)
    )
    return made


def _given(paper: Paper) -> dict[str, Any]:
    values = {
        "language": paper.language, "fonts": _fonts(paper.language), "sender": paper.sender, "accent": paper.accent,
        "title": paper.title, "subtitle": paper.subtitle, "lines": list(paper.lines), "foot": paper.foot, "page_of": paper.page_of,
        "sections": [{"heading": heading, "blocks": blocks(text)} for heading, text in paper.sections],
        "blanks": list(paper.blanks), "blank_words": list(paper.blank_words),
    }  # fmt: skip
    return {
        "root": str(HERE), "font_paths": [str(FONTS)], "ignore_system_fonts": True,
        "sys_inputs": {"paper": json.dumps(values, ensure_ascii=False)},
    }  # fmt: skip


@lru_cache(maxsize=8)
def _fonts(language: str) -> list[str]:
    own = FAMILIES.get(language, "Inter")
    return [own, *(family for family in ("Inter", *FAMILIES.values()) if family != own)]


def blocks(markdown: str) -> list[dict[str, Any]]:
    """Markdown as a flat list of headings, paragraphs and list lines, each of runs {t: text, b: bold, i: italic}."""
    found: list[dict[str, Any]] = []
    lists: list[dict[str, Any]] = []
    fresh = False
    for token in _PARSER.parse(markdown[:100_000]):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append({"ordered": token.type.startswith("ordered"), "number": int(token.attrs.get("start", 1)) - 1})
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type == "list_item_open":
            lists[-1]["number"] += 1
            fresh = True
        elif token.type == "inline":
            runs = _runs(token.children or [])
            if lists:
                marker = f"{lists[-1]['number']}." if lists[-1]["ordered"] else "•"
                found.append({"kind": "item", "depth": len(lists), "marker": marker if fresh else "", "runs": runs})
                fresh = False
            else:
                found.append({"kind": "text", "runs": runs})
        elif token.type in {"fence", "code_block"}:
            found.append({"kind": "text", "runs": [{"t": token.content, "b": False, "i": False}]})
        elif token.type == "heading_open":
            found.append({"kind": "heading", "runs": []})
        elif token.type == "heading_close":
            words = found.pop()
            found[-1]["runs"] = words["runs"]
    return found


def _runs(children: Iterable[Token]) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    bold = italic = 0
    for child in children:
        match child.type:
            case "strong_open" | "strong_close":
                bold += child.nesting
            case "em_open" | "em_close":
                italic += child.nesting
            case "softbreak":
                runs.append({"t": " ", "b": bold > 0, "i": italic > 0})
            case "hardbreak":
                runs.append({"t": "\n", "b": bold > 0, "i": italic > 0})
            case "text" | "code_inline":
                runs.append({"t": child.content, "b": bold > 0, "i": italic > 0})
    return runs
