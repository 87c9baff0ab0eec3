"""Keyed digests: what makes an altered version or change visible. The key is never in the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b, sha256

SIZE = 16  # bytes


def fitted(key: bytes) -> bytes:
    """The key as the digests take it: one of 16 to 64 bytes is used as it is. Fitting twice changes nothing."""
    return key if 16 <= len(key) <= 64 else sha256(key).digest()


@lru_cache(maxsize=256)
def _instant(at: datetime) -> str:
    """The instant as it is digested: UTC with microseconds, the same whatever zone a driver answers in."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def version_mac(key: bytes, type_: str, id_: str, version: int, at: datetime, body: bytes | None) -> bytes:
    """The digest of one version row; a deletion has no body."""
    head = f"{type_}|{id_}|{version}|{_instant(at)}|".encode()
    return blake2b(head + body if body is not None else head + b"\0deleted", digest_size=SIZE, key=key).digest()


def change_mac(
    key: bytes, at: datetime, who: str, on_behalf_of: str | None, because: str, entrance: str, purpose: str, versions: Iterable[bytes]
) -> bytes:
    """The digest of one change row, over the digests of all versions it made, whatever their order."""
    digest = blake2b(digest_size=SIZE, key=key)
    for text in (_instant(at), who, on_behalf_of or "", because, entrance, purpose):
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    for mac in sorted(versions):
        digest.update(mac)
    return digest.digest()
