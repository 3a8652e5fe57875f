"""Contrast of two colours as WCAG 2.2 measures it; pure."""

import re

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def is_colour(text: str) -> bool:
    """Whether the text is a colour such as #2f5bd7."""
    return _HEX.fullmatch(text) is not None


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    """Contrast ratio from 1 to 21; text needs 4.5 (success criterion 1.4.3)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, towards: str, share: float) -> str:
    """`share` of the way from one colour to another."""
    parts = [round(int(colour[i : i + 2], 16) * (1 - share) + int(towards[i : i + 2], 16) * share) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def readable(colour: str, on: str, least: float = 4.5) -> str:
    """The colour itself, or the nearest mix with black or white that reads on `on`."""
    towards = "#000000" if luminance(on) > 0.5 else "#ffffff"
    for step in range(21):
        candidate = mixed(colour, towards, step / 20)
        if ratio(candidate, on) >= least:
            return candidate
    return towards
