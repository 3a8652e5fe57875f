"""An organisation's brand as a style sheet: any colour, made readable in light and in dark; pure."""

_HEX = "0123456789abcdef"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in (c / 255 for c in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, on: str, least: float = 4.5) -> str:
    """The colour, mixed with black or white only as far as it needs to read on `on`."""
    towards = (0, 0, 0) if _luminance(on) > 0.4 else (255, 255, 255)
    mixed = colour
    for step in range(21):
        share = step / 20
        mixed = "#" + "".join(f"{round(c * (1 - share) + t * share):02x}" for c, t in zip(_channels(colour), towards, strict=True))
        if contrast(mixed, on) >= least:
            break
    return mixed


def brand_css(accent: str) -> str:
    """Sets the accent of both schemes; text in it reads on the page's surfaces (4.5 : 1)."""
    clean = accent.lower()
    if len(clean) != 7 or clean[0] != "#" or any(c not in _HEX for c in clean[1:]):
        clean = "#2f5bd7"
    return f":root{{--accent:{readable(clean, '#ffffff', 4.8)};--accent-dark:{readable(clean, '#171d27', 6.0)}}}\n"


def shades_of(accent: str) -> dict[str, str]:
    """How a colour is used: its own contrast on white, and the shades that light and dark pages get, with theirs."""
    clean = accent.lower()
    if len(clean) != 7 or clean[0] != "#" or any(c not in _HEX for c in clean[1:]):
        clean = "#2f5bd7"
    light, dark = readable(clean, "#ffffff", 4.8), readable(clean, "#171d27", 6.0)
    return {
        "given": clean, "given_ratio": f"{contrast(clean, '#ffffff'):.1f}", "light": light,
        "light_ratio": f"{contrast(light, '#ffffff'):.1f}", "dark": dark, "dark_ratio": f"{contrast(dark, '#171d27'):.1f}",
    }  # fmt: skip
