"""Makes pictures that people send into pictures that we send: read within bounds, redrawn, without what cameras write into them."""

import io
import warnings
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from boardwell.kernel.errors import Invalid

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
READ = ("PNG", "JPEG", "WEBP", "GIF")
"""What we read. No SVG: it is a program, not a picture."""
FACE_PIXELS = 256
LOGO_PIXELS = (480, 160)


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A picture that we made."""

    content: bytes
    media_type: str
    ending: str


def face(content: bytes) -> Redrawn:
    """A square picture of a person, 256 pixels wide, as JPEG. Raises Invalid for `picture`."""
    square = ImageOps.fit(_flattened(_read(content)), (FACE_PIXELS, FACE_PIXELS), Image.Resampling.LANCZOS)
    return _written(square, "JPEG", "image/jpeg", "jpg", quality=86)


def logo(content: bytes) -> Redrawn:
    """A logo of at most 480 × 160 pixels, as PNG, which every mail program shows; see-through stays so. Raises Invalid for `picture`."""
    drawn = _read(content).convert("RGBA")
    drawn.thumbnail(LOGO_PIXELS, Image.Resampling.LANCZOS)
    return _written(drawn, "PNG", "image/png", "png", optimize=True)


def _read(content: bytes) -> Image.Image:
    if not content:
        raise _invalid(_("Choose a picture."))
    if len(content) > MOST_BYTES:
        raise _invalid(_("The picture is larger than %(most)d MB.") % {"most": MOST_BYTES // 1_048_576})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            found = Image.open(io.BytesIO(content), formats=READ)
            if found.width * found.height > MOST_PIXELS:
                raise _invalid(_("The picture has too many pixels. Make it smaller and send it again."))
            found.load()
        # Turned as the camera was held; everything else that it wrote goes, since only pixels are copied.
        return ImageOps.exif_transpose(found)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise _invalid(_("The picture has too many pixels. Make it smaller and send it again.")) from problem
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError) as problem:
        raise _invalid(_("That is no picture that we can read. Send a PNG, JPEG, WebP or GIF.")) from problem


def _flattened(image: Image.Image) -> Image.Image:
    coloured = image.convert("RGBA")
    ground = Image.new("RGB", coloured.size, "#ffffff")
    ground.paste(coloured, mask=coloured.getchannel("A"))
    return ground


def _written(image: Image.Image, form: str, media_type: str, ending: str, **how: object) -> Redrawn:
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    out = io.BytesIO()
    bare.save(out, form, **how)
    return Redrawn(out.getvalue(), media_type, ending)


def _invalid(message: str) -> Invalid:
    return Invalid(message, {"picture": [message]})
