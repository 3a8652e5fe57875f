"""Sealed files: whole or refused, readable from anywhere, bound to their place."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.kernel.sealedstream import CHUNK, Damaged, opened, sealed

HEAD, TAG = 64, 16
SIZES = st.one_of(st.integers(0, 40), st.integers(CHUNK - 2, CHUNK + 2), st.integers(3 * CHUNK - 1, 3 * CHUNK + 1))


def content(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


def kept(plain: bytes, path: str = "ab/one") -> bytes:
    return b"".join(sealed([plain], path))


def read(closed: bytes, path: str = "ab/one") -> bytes:
    return opened(io.BytesIO(closed), path).read()


@pytest.fixture(autouse=True)
def _keys(settings, tmp_path_factory) -> None:
    settings.VAR = tmp_path_factory.getbasetemp() / "sealed"


@given(SIZES, st.lists(st.integers(1, CHUNK * 2), max_size=6))
def test_what_goes_in_comes_out_however_it_is_cut_into_parts(size: int, cuts: list[int]) -> None:
    plain, parts, at = content(size), [], 0
    for cut in cuts:
        parts.append(plain[at : at + cut])
        at += cut
    parts.append(plain[at:])
    closed = b"".join(sealed(parts, "ab/one"))
    assert read(closed) == plain
    assert len(closed) == HEAD + size + TAG * max(1, -(-size // CHUNK))


@given(SIZES, st.integers(0, 4 * CHUNK), st.integers(1, 3 * CHUNK))
def test_any_stretch_is_read_alone(size: int, start: int, length: int) -> None:
    stream = opened(io.BytesIO(kept(content(size))), "ab/one")
    stream.seek(start)
    assert stream.read(length) == content(size)[start : start + length]
    assert stream.seek(0, io.SEEK_END) == size


@pytest.mark.parametrize("size", [0, 5, CHUNK, 2 * CHUNK + 9])
def test_no_changed_byte_goes_unseen(size: int) -> None:
    closed = kept(content(size))
    for place in {0, 3, 4, 20, HEAD - 1, HEAD, len(closed) // 2, len(closed) - 1}:
        changed = bytearray(closed)
        changed[place] ^= 1
        with pytest.raises(Damaged):
            read(bytes(changed))


def test_a_file_that_is_cut_lengthened_or_shuffled_does_not_open() -> None:
    closed, step = kept(content(3 * CHUNK)), CHUNK + TAG
    head, first, second, third = closed[:HEAD], *(closed[HEAD + n * step : HEAD + (n + 1) * step] for n in range(3))
    for wrong in (
        b"", head, head[:-1], head + first, head + first + second, head + first + third, head + second + first + third, closed + third,
        closed[:-1], closed + b"\0", head + third,
    ):  # fmt: skip
        with pytest.raises(Damaged):
            read(wrong)


def test_one_file_cannot_be_laid_in_anothers_place() -> None:
    with pytest.raises(Damaged):
        read(kept(b"theirs", "ab/two"), "ab/one")


def test_two_files_of_the_same_words_look_nothing_alike() -> None:
    one, two = kept(b"words" * 50), kept(b"words" * 50)
    assert b"words" not in one + two
    assert not {one[at : at + 8] for at in range(4, len(one) - 8)} & {two[at : at + 8] for at in range(4, len(two) - 8)}
