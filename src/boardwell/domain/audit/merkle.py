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


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """PROOF(m, D[n]) of RFC 6962 §2.1.2: that the tree of the first `earlier` leaves is the beginning of this one."""
    if not 0 < earlier < len(leaves):
        return []
    return _subproof(leaves, earlier, whole=True)


def _subproof(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [_subtree(leaves)]
    k = _split(len(leaves))
    if earlier <= k:
        return [*_subproof(leaves[:k], earlier, whole=whole), _subtree(leaves[k:])]
    return [*_subproof(leaves[k:], earlier - k, whole=False), _subtree(leaves[:k])]


def is_consistent(earlier: int, earlier_root: bytes, size: int, later_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that nothing of the earlier tree was changed (RFC 9162 §2.1.4.2)."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == later_root
    path = list(proof)
    if earlier & (earlier - 1) == 0:
        path.insert(0, earlier_root)
    if not path:
        return False
    low, high = earlier - 1, size - 1
    while low & 1:
        low, high = low >> 1, high >> 1
    old = new = path[0]
    for node in path[1:]:
        if high == 0:
            return False
        if low & 1 or low == high:
            old, new = node_hash(node, old), node_hash(node, new)
            while low and not low & 1:
                low, high = low >> 1, high >> 1
        else:
            new = node_hash(new, node)
        low, high = low >> 1, high >> 1
    return high == 0 and old == earlier_root and new == later_root
