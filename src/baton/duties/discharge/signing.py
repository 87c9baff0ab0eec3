"""The signature on the manifest of a hand-off: Ed25519, so that whoever receives it needs the published key and no secret of ours.

The signing key follows from the hub's own key, which lies in its settings or data folder: it is kept, backed up and restored with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from baton.duties.discharge import manifest as discharge_manifest
from baton.fhir.outcome import Bad
from baton.fhir.resource import Resource, parse

SIGNED: Final = "signed"
"""The part of a manifest that holds its signature."""
ALGORITHM: Final = "EdDSA"
FOR: Final = b"hand-off manifest, Ed25519, 1"
WELL_KNOWN: Final = "/.well-known/hand-off-keys.json"
"""Where the public key is published, as a JWKS."""


def _private(key: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(key, FOR, hashlib.sha256))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public(key: bytes) -> dict[str, str]:
    """The public half of what the hub's key signs with, as a JWK; its id is its thumbprint (RFC 7638)."""
    x = _text(_private(key).public_key().public_bytes_raw())
    required = {"crv": "Ed25519", "kty": "OKP", "x": x}
    thumb = hashlib.sha256(json.dumps(required, sort_keys=True, separators=(",", ":")).encode()).digest()
    return {**required, "kid": _text(thumb), "alg": ALGORITHM, "use": "sig"}


def said(manifest: Mapping[str, Any]) -> bytes:
    """What is signed: the manifest without its signature, keys in order, no spaces, UTF-8."""
    bare = {name: value for name, value in manifest.items() if name != SIGNED}
    return json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(manifest: Mapping[str, Any], key: bytes) -> Resource:
    """The manifest with its signature and which key made it."""
    signature = _text(_private(key).sign(said(manifest)))
    return {**manifest, SIGNED: {"algorithm": ALGORITHM, "key": public(key)["kid"], "signature": signature}}


def forged(manifest: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> str | None:
    """Why the signature proves nothing by these published keys; None when it holds."""
    stamp = manifest.get(SIGNED)
    if not isinstance(stamp, dict):
        return "The manifest is not signed."
    key = next((each for each in keys if each.get("kid") == stamp.get("key") and each.get("crv") == "Ed25519"), None)
    if key is None or stamp.get("algorithm") != ALGORITHM:
        return "The manifest was signed with a key that is not published here."
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(str(key["x"]))).verify(_bytes(str(stamp.get("signature"))), said(manifest))
    except (InvalidSignature, ValueError):
        return "The signature is not that of this manifest: it was altered."
    return None


def faults(document: bytes, manifest: bytes, keys: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with a hand-off as it was received; nothing when it is whole and signed by one of these keys."""
    try:
        listed, bundle = parse(manifest), parse(document)
    except Bad:
        yield "One of the files is no JSON."
        return
    if not isinstance(listed, dict) or not isinstance(bundle, dict) or not isinstance(listed.get("items"), dict):
        yield "One of the files is not what a hand-off has: the first is the document, the second its manifest."
        return
    if (reason := forged(listed, keys)) is not None:
        yield reason
    try:
        yield from discharge_manifest.problems(document, listed)
    except (AttributeError, KeyError, TypeError):
        yield "The document is no FHIR document."
