"""Verifies a hand-off that was received, without Baton: python verify_handoff.py DOCUMENT MANIFEST KEYS

Needs nothing but Python. KEYS is the file at /.well-known/hand-off-keys.json of whoever sent it, fetched from them over HTTPS. What is
checked: that the manifest is signed by one of those keys (Ed25519, RFC 8032), and that the document is, byte for byte, the one it lists.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    """The sum of two points, in extended coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    """A point added to itself so many times."""
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def same(p: Point, q: Point) -> bool:
    """Whether two points are one."""
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def point(data: bytes) -> Point:
    """The point that 32 bytes stand for. Raises ValueError for none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or y >= P or (x == 0 and sign):
        raise ValueError("no point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is that of this key over this message."""
    try:
        key, r = point(public), point(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return len(signature) == 64 and s < L and same(times(s, BASE), add(r, times(h, key)))


def data(text: str) -> bytes:
    """Bytes from base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main(arguments: list[str]) -> int:
    """0 when the hand-off is whole and genuine, 1 when not."""
    document, manifest, published = (Path(each).read_bytes() for each in arguments)
    listed = json.loads(manifest)
    stamp = listed.pop("signed", None) or {}
    key = next((each for each in json.loads(published)["keys"] if each.get("kid") == stamp.get("key")), None)
    if key is None or stamp.get("algorithm") != "EdDSA":
        return said("The manifest is not signed with a published key.", 1)
    message = json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if not holds(data(key["x"]), message, data(stamp["signature"])):
        return said("The signature is not that of this manifest: it was altered.", 1)
    if hashlib.sha256(document).hexdigest() != listed["document"]:
        return said("The document is not the one of the manifest.", 1)
    return said(f"Whole and genuine: {len(listed['items'])} resources, made {listed['made']}.", 0)


def said(sentence: str, code: int) -> int:
    """Say it, and how it ended."""
    print(sentence)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
