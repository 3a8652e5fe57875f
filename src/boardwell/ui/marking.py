"""Marks in a text what a search was for: folded as the search folds, so that “məmmədov” is marked where “memmedov” was typed."""

import unicodedata

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from boardwell.kernel.folding import fold, folded_words

_AROUND = 60


def marked(text: str, wanted: str, *, most: int = 0) -> SafeString:
    """The text, escaped, with `<mark>` around every hit. With `most`, only that many characters around the first one."""
    whole = unicodedata.normalize("NFC", text)
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(whole):
        for folded in fold(character):
            letters.append(folded)
            places.append(place)
    folded_text = "".join(letters)
    hit = [False] * len(whole)
    first = len(whole)
    for word in folded_words(wanted):
        start = folded_text.find(word)
        while start >= 0:
            first = min(first, places[start])
            for place in range(places[start], places[start + len(word) - 1] + 1):
                hit[place] = True
            start = folded_text.find(word, start + 1)
    begin, end = 0, len(whole)
    if most and len(whole) > most:
        begin = max(0, min(first, len(whole)) - _AROUND) if first < len(whole) else 0
        end = min(len(whole), begin + most)
    parts = ["…"] if begin else []
    place = begin
    while place < end:
        until = place
        while until < end and hit[until] == hit[place]:
            until += 1
        piece = escape(whole[place:until])
        parts.append(f"<mark>{piece}</mark>" if hit[place] else piece)
        place = until
    if end < len(whole):
        parts.append("…")
    return mark_safe("".join(parts))  # noqa: S308 - every piece is escaped above
