"""A Merkle tree over digests: one root says all, a short path of siblings proves that one is under it (the tree of RFC 6962)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b, sha256

LEAF, NODE = b"\0", b"\1"
SIZE = 16  # bytes of a leaf


def salt(key: bytes, kind: str, id_: int) -> bytes:
    """What makes a leaf unguessable: derived from the key, told with a proof, and of use for this one row only."""
    return blake2b(f"{kind}|{id_}".encode(), digest_size=16, key=key).digest()


def leaf(salt: bytes, digest: bytes) -> bytes:
    """The leaf of a row with this SHA-256 digest."""
    return blake2b(LEAF + digest, digest_size=SIZE, key=salt).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root; of nothing, the digest of nothing."""
    level = list(leaves)
    if not level:
        return sha256().digest()
    while len(level) > 1:
        pairs = [sha256(NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
    return level[0]


def path(leaves: Sequence[bytes], place: int) -> list[tuple[str, bytes]]:
    """The siblings from a leaf up to the root, each with the side it stands on."""
    level, siblings = list(leaves), []
    while len(level) > 1:
        other = place ^ 1
        if other < len(level):
            siblings.append(("left" if other < place else "right", level[other]))
        pairs = [sha256(NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
        place //= 2
    return siblings


def climbed(leaf: bytes, siblings: Sequence[tuple[str, bytes]]) -> bytes:
    """The root that a leaf and its siblings lead to."""
    digest = leaf
    for side, sibling in siblings:
        digest = sha256(NODE + (sibling + digest if side == "left" else digest + sibling)).digest()
    return digest
