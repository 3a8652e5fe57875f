"""Merkle tree hashing of RFC 6962 §2.1, kept as a frontier so that appending costs O(log n); pure."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def append(size: int, frontier: bytes, leaf: bytes) -> bytes:
    """The frontier after one more leaf.

    `frontier` holds the roots of the complete subtrees of a tree of `size` leaves, largest first, 32 bytes each:
    one per set bit of `size`.
    """
    node = leaf
    while size & 1:
        node = node_hash(frontier[-HASH_BYTES:], node)
        frontier = frontier[:-HASH_BYTES]
        size >>= 1
    return frontier + node


def root(frontier: bytes) -> bytes:
    """The tree's root from its frontier; the hash of the empty string for an empty tree."""
    if not frontier:
        return EMPTY_ROOT
    peaks = [frontier[start : start + HASH_BYTES] for start in range(0, len(frontier), HASH_BYTES)]
    node = peaks.pop()
    while peaks:
        node = node_hash(peaks.pop(), node)
    return node


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of leaf hashes, one after another."""
    frontier, size = b"", 0
    for leaf in leaves:
        frontier = append(size, frontier, leaf)
        size += 1
    return root(frontier)


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return node_hash(_subtree(leaves[:k]), _subtree(leaves[k:]))


def inclusion_proof(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962 §2.1.1: what is needed beside the leaf to reach the root."""
    if len(leaves) <= 1:
        return []
    k = _split(len(leaves))
    if position < k:
        return [*inclusion_proof(leaves[:k], position), _subtree(leaves[k:])]
    return [*inclusion_proof(leaves[k:], position - k), _subtree(leaves[:k])]


def root_from_proof(leaf: bytes, position: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf and its proof lead to; compare it with a signed one."""
    if size <= 1:
        return leaf
    k = _split(size)
    if position < k:
        return node_hash(root_from_proof(leaf, position, k, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_from_proof(leaf, position - k, size - k, proof[:-1]))
