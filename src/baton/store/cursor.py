"""Cursors: where the next page starts, opaque and signed, so that a made-up one is refused and not obeyed."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any

import orjson

from baton.store.who import Invalid

SIZE = 9  # bytes of signature: enough against guessing, and a multiple of three for base64


def write(key: bytes, kind: str, place: list[Any]) -> str:
    """The cursor for a place in a listing of this kind (what is listed, in which order)."""
    text = orjson.dumps(place)
    return urlsafe_b64encode(_sign(key, kind, text) + text).decode().rstrip("=")


def read(key: bytes, kind: str, cursor: str) -> list[Any]:
    """The place a cursor stands for. Raises Invalid when it is not one of ours, or of another listing."""
    try:
        signed = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
    except ValueError:
        signed = b""
    signature, text = signed[:SIZE], signed[SIZE:]
    if not text or signature != _sign(key, kind, text):
        raise Invalid("This _cursor is not one that this listing gave.", expression="_cursor", status=400)
    place: list[Any] = orjson.loads(text)
    return place


def _sign(key: bytes, kind: str, text: bytes) -> bytes:
    return blake2b(kind.encode() + b"\0" + text, digest_size=SIZE, key=key).digest()
