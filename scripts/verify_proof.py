"""Verifies a proof that `baton audit prove` printed, without Baton: python verify_proof.py PROOF.json [ANCHOR]

Needs nothing but Python. ANCHOR is a file of
published seals ("baton-seal ..." lines); with it, the root is compared with what was published.
"""

import hashlib
import json
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """0 when the row is under the root (and the root among the anchors, when there are any), 1 when not."""
    proof = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    digest = hashlib.blake2b(
        b"\0" + hashlib.sha256(proof["row"].encode()).digest(), digest_size=16, key=bytes.fromhex(proof["salt"])
    ).digest()
    if digest.hex() != proof["leaf"]:
        return said("The row is not the one that was sealed.", 1)
    for side, sibling in proof["path"]:
        pair = (bytes.fromhex(sibling), digest) if side == "left" else (digest, bytes.fromhex(sibling))
        digest = hashlib.sha256(b"\1" + b"".join(pair)).digest()
    if digest.hex() != proof["root"]:
        return said("The row is not under the root.", 1)
    if len(arguments) > 1:
        lines = Path(arguments[1]).read_text(encoding="utf-8").splitlines()
        published = {tuple(line.split()[1:]) for line in lines if line.startswith("baton-seal ")}
        if tuple(proof["seal"].split()[1:]) not in published or proof["root"] != proof["seal"].split()[5]:
            return said("The seal is not among those published.", 1)
        return said(f"Proved against what was published: {proof['row']}", 0)
    return said(f"Proved under root {proof['root']}: {proof['row']}", 0)


def said(sentence: str, code: int) -> int:
    """Say it, and how it ended."""
    print(sentence)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
