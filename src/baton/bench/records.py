"""The records a bench works with: the demo's exported charts as transaction Bundles, packed, one file a person."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from baton.demo.bundles import bundles


def write(folder: Path, count: int, seed: int) -> int:
    """Write `count` Bundles (the name of each says how many resources it holds); gives the number of resources in all."""
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for number, bundle in enumerate(bundles(count, seed=seed)):
        held = len(bundle["entry"])
        (folder / f"{number:06d}-{held}-.json.gz").write_bytes(gzip.compress(json.dumps(bundle).encode(), 1))
        total += held
    return total
