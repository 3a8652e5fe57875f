"""Work on other people's PDF files, meant for a confined process: take in, draw, search; and laying values over them."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pikepdf
import pypdfium2
from pikepdf import Name

MOST_PAGES = 100
MOST_SIDE = 2_000
"""Points: A0 is 2,384 high; more than A1 is no page that somebody signs."""
PICTURE_WIDTH = 900
_IN_ROOT = ("/OpenAction", "/AA", "/Names", "/AcroForm", "/Collection", "/OCProperties", "/Perms", "/DSS", "/Legal", "/Threads")
_IN_PAGE = ("/AA", "/Annots", "/Trans", "/Dur", "/PieceInfo", "/Metadata", "/B")


def take_in(content: bytes) -> dict[str, Any]:
    """What is shown and signed: the same pages without anything that acts, hides or changes, and their sizes.

    Filled form fields and stamps become part of the page. ValueError with a code: unreadable, locked, signed, pages, size.
    """
    try:
        source = pikepdf.open(io.BytesIO(content))
    except pikepdf.PasswordError as problem:
        raise ValueError("locked") from problem
    except (pikepdf.PdfError, RuntimeError) as problem:
        raise ValueError("unreadable") from problem
    with source as pdf:
        if source.is_encrypted:
            raise ValueError("locked")
        if _is_signed(pdf):
            raise ValueError("signed")
        if not 0 < len(pdf.pages) <= MOST_PAGES:
            raise ValueError("pages")
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("screen")
        for key in _IN_ROOT:
            if key in pdf.Root:
                del pdf.Root[key]
        sizes = []
        for page in pdf.pages:
            for key in _IN_PAGE:
                if key in page.obj:
                    del page.obj[key]
            sizes.append(_upright(page))
        pdf.remove_unreferenced_resources()
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return {"pdf": out.getvalue(), "sizes": sizes}


def _is_signed(pdf: pikepdf.Pdf) -> bool:
    form = pdf.Root.get("/AcroForm")
    if form is None:
        return False
    flags = form.get("/SigFlags", 0)
    return bool(int(flags) & 1) if isinstance(flags, int) or hasattr(flags, "__int__") else False


def _upright(page: pikepdf.Page) -> list[float]:
    """Width and height as seen, in points; the page begins at the origin from here on."""
    box = [float(each) for each in page.cropbox]
    left, bottom, right, top = min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
    page.obj["/MediaBox"] = page.obj["/CropBox"] = pikepdf.Array([left, bottom, right, top])
    width, height = right - left, top - bottom
    turn = int(page.obj.get("/Rotate", 0)) % 360
    if turn in {90, 270}:
        width, height = height, width
    if not (36 <= width <= MOST_SIDE and 36 <= height <= MOST_SIDE) or turn % 90:
        raise ValueError("size")
    return [round(width, 2), round(height, 2)]


def pictures(content: bytes, width: int = PICTURE_WIDTH) -> list[bytes]:
    """A PNG of each page, as PDFium draws it without forms or scripts."""
    drawn = []
    pdf = pypdfium2.PdfDocument(content)
    for number in range(len(pdf)):
        page = pdf[number]
        out = io.BytesIO()
        page.render(scale=width / page.get_width(), draw_annots=False).to_pil().convert("RGB").save(out, "PNG", compress_level=4)
        drawn.append(out.getvalue())
    return drawn


def words_of(content: bytes) -> list[str]:
    """The text of each page."""
    pdf = pypdfium2.PdfDocument(content)
    return [pdf[number].get_textpage().get_text_bounded()[:50_000] for number in range(len(pdf))]


def find(content: bytes, anchors: Sequence[str]) -> list[list[list[float]]]:
    """For each anchor text every place where it stands: page (from 0), left, top, right, bottom in points from the upper left corner."""
    pdf = pypdfium2.PdfDocument(content)
    found: list[list[list[float]]] = [[] for _ in anchors]
    for number in range(len(pdf)):
        page = pdf[number]
        text, height = page.get_textpage(), page.get_height()
        for index, anchor in enumerate(anchors):
            search = text.search(anchor, match_case=True)
            while (hit := search.get_next()) is not None:
                start, count = hit
                boxes = [text.get_charbox(each) for each in range(start, start + count)]
                left, bottom = min(box[0] for box in boxes), min(box[1] for box in boxes)
                right, top = max(box[2] for box in boxes), max(box[3] for box in boxes)
                found[index].append([number, left, height - top, right, height - bottom])
    return found


def examine(content: bytes, anchors: Sequence[str] = ()) -> dict[str, Any]:
    """All of it in one go: `pdf`, `sizes`, `pictures`, `words`, `places` of the anchors."""
    taken = take_in(content)
    pdf = taken["pdf"]
    return {**taken, "pictures": pictures(pdf), "words": words_of(pdf), "places": find(pdf, anchors)}


def laid_over(content: bytes, overlay: bytes, attached: Mapping[str, bytes], title: str = "") -> bytes:
    """The file with one page of the overlay over each of its own, and files attached. Neither side's content is looked into."""
    with pikepdf.open(io.BytesIO(content)) as pdf, pikepdf.open(io.BytesIO(overlay)) as values:
        for page, over in zip(pdf.pages, values.pages, strict=True):
            if over.obj.get("/Contents") is not None and not _is_bare(over):
                page.add_overlay(over, pikepdf.Rectangle(*page.mediabox))
        for name, body in attached.items():
            kind = "application/json" if name.endswith(".json") else "text/plain"
            pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, body, filename=name, mime_type=kind, relationship=Name("/Data"))
        if title:
            pdf.docinfo["/Title"] = title
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return out.getvalue()


def _is_bare(page: pikepdf.Page) -> bool:
    """Whether nothing is drawn on it."""
    resources = page.obj.get("/Resources", {})
    return not resources.get("/Font") and not resources.get("/XObject") and not resources.get("/Pattern") and b" l" not in _drawn(page)


def _drawn(page: pikepdf.Page) -> bytes:
    contents = page.obj.get("/Contents")
    if isinstance(contents, pikepdf.Array):
        return b"\n".join(one.read_bytes() for one in contents)
    return contents.read_bytes() if contents is not None else b""
