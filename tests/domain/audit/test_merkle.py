"""The tree's hashes: RFC 6962 vectors, proofs, and that the two implementations agree."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.audit.merkle import (
    append,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root,
    root_from_proof,
    root_of,
)
from boardwell.domain.audit.standalone import Tree

# Inputs and roots as published with the Certificate Transparency reference code for RFC 6962.
LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_agree_with_the_published_vectors() -> None:
    assert root(b"") == sha256(b"").digest()
    for size in range(1, 9):
        assert root_of(leaf_hash(leaf) for leaf in LEAVES[:size]).hex() == ROOTS[size - 1]


def whole(part: list[bytes]) -> bytes:
    """The definition, word for word."""
    if len(part) == 1:
        return part[0]
    k = 1 << ((len(part) - 1).bit_length() - 1)
    return node_hash(whole(part[:k]), whole(part[k:]))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_the_frontier_gives_the_root_of_the_whole_tree_and_every_leaf_proves_itself(leaves: list[bytes]) -> None:
    frontier, tree = b"", Tree()
    for size, leaf in enumerate(leaves):
        frontier = append(size, frontier, leaf)
        tree.append(leaf)
        assert len(frontier) == 32 * (size + 1).bit_count()
    assert root(frontier) == whole(leaves) == tree.root()
    assert b"".join(tree.peaks) == frontier
    for position, leaf in enumerate(leaves):
        assert root_from_proof(leaf, position, len(leaves), inclusion_proof(leaves, position)) == whole(leaves)


def test_the_published_proofs_come_out() -> None:
    leaves = [leaf_hash(leaf) for leaf in LEAVES]
    # PATH(0, D[8]), PATH(5, D[8]) and PROOF(6, D[8]) of the same reference.
    assert [node.hex()[:16] for node in inclusion_proof(leaves, 0)] == ["96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"]
    assert [node.hex()[:16] for node in inclusion_proof(leaves, 5)] == ["bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957"]
    assert [node.hex()[:16] for node in consistency_proof(leaves, 6)] == ["0ebc5d3437fbe2db", "ca854ea128ed050b", "d37ee418976dd957"]


@pytest.mark.parametrize("size", range(1, 34))
def test_every_earlier_tree_is_shown_to_be_the_beginning_and_nothing_else_is(size: int) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    for earlier in range(1, size + 1):
        proof = consistency_proof(leaves, earlier)
        before, after = root_of(leaves[:earlier]), root_of(leaves)
        assert is_consistent(earlier, before, size, after, proof)
        assert not is_consistent(earlier, leaf_hash(b"other"), size, after, proof)
        assert not is_consistent(earlier, before, size, leaf_hash(b"other"), proof)
        assert not is_consistent(earlier, before, size, after, [*proof, before])
        for place in range(len(proof)):
            assert not is_consistent(earlier, before, size, after, [*proof[:place], leaf_hash(b"x"), *proof[place + 1 :]])
    assert not is_consistent(0, root(b""), size, root_of(leaves), [])
