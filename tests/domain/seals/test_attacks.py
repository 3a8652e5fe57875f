"""The verifier against 46 attacked files, and against honest ones; the score stands in docs/guides/signing.md."""

import hashlib
from datetime import timedelta
from functools import cache

import pytest

from boardwell.domain.seals.certificates import as_asn1
from boardwell.domain.seals.pades import Sealer
from boardwell.domain.seals.verifying import Trust, verify
from tests.conftest import ROOT
from tests.domain.seals.attacks import ATTACKS, ONLY_THE_MANIFEST, Bases, make_bases, ranges
from tests.domain.seals.authority import CRL, Authority
from tests.domain.seals.test_sealing import identity_of, sealer


@cache
def bases() -> Bases:
    authority, evil, fallen = Authority(), Authority(), Authority()
    fallen.revoke_seal()
    made = make_bases(
        authority, lambda level: sealer(authority, level), Sealer(identity_of(fallen), "B-B"), Sealer(identity_of(evil), "B-B")
    )
    made.fallen = fallen  # type: ignore[attr-defined]
    return made


def verdict_of(content: bytes, extra: tuple[Authority, ...] = ()) -> str:
    authority = bases().authority
    known = Trust(
        (as_asn1(authority.root), as_asn1(authority.stamp_root), *(as_asn1(one.root) for one in extra)),
        crls=tuple(one.answers[CRL] for one in extra),
    )
    return verify(content, known, authority.now + timedelta(hours=1)).word


@cache
def rule_refuses(name: str) -> bool:
    extra = (bases().fallen,) if name.startswith("own-14") else ()  # type: ignore[attr-defined]
    return verdict_of(ATTACKS[name](bases()), extra) != "sound"


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_rule_refuses_what_a_reader_of_one_file_can_see(name) -> None:
    assert rule_refuses(name) is (name not in ONLY_THE_MANIFEST)


def test_a_signed_list_of_hashes_refuses_the_rest() -> None:
    listed = {hashlib.sha256(content).hexdigest() for content in (bases().blta, bases().two)}
    refused = [name for name in ATTACKS if rule_refuses(name) or hashlib.sha256(ATTACKS[name](bases())).hexdigest() not in listed]
    assert (len(ATTACKS), len(refused)) == (46, 46)


@pytest.mark.parametrize("name", ["B-B", "B-T", "B-LT", "B-LTA", "two signers", "without certification"])
def test_no_honest_file_is_refused(name) -> None:
    assert verdict_of(bases().honest()[name]) == "sound"


def test_the_guide_publishes_this_score() -> None:
    guide = (ROOT / "docs" / "guides" / "signing.md").read_text(encoding="utf-8")
    assert (
        f"**{len(ATTACKS) - len(ONLY_THE_MANIFEST)} of {len(ATTACKS)}** by the file alone, **{len(ATTACKS)} of {len(ATTACKS)}** with the manifest"
        in guide
    )


def test_no_bytes_whatever_make_it_raise() -> None:
    content = bases().bb
    for length in (0, 1, 9, 200, len(content) // 2, len(content) - 1):
        assert verdict_of(content[:length]) in {"unreadable", "unsigned", "refused"}
    numbers, _found = ranges(content)
    covered = [at for at in range(0, len(content), len(content) // 40) if not numbers[1] <= at < numbers[2]]  # spare bytes lie in the hole
    for at in covered:
        flipped = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
        assert verdict_of(flipped) in {"unreadable", "unsigned", "refused"}
