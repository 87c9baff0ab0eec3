"""Fetches the SMART client that browsers use (npm's fhirclient), for the launches in tests/journeys: by npm, checked by its digest.

Where there is no npm, or it cannot reach its registry, the journeys that need it are skipped, saying so.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "fhirclient@2.6.3"
SHA512 = "CirZixcwWelbkIXxpxlNQx5+ZdJirl6F1s4y4yvA1X7hHAkr9n99aVHaMi0wX+97nATjKQ65X6NB5as/wZoJzg=="
MEMBER = "package/build/fhir-client.min.js"
KEPT = Path(__file__).parents[1] / ".venv" / "share" / "fhir-client.min.js"


def main() -> int:
    """Fetch it, unless it is there. Always 0 but for a digest that does not fit."""
    if KEPT.exists():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("No npm here: the launches with the browsers' SMART client will be skipped.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [npm, "pack", PACKAGE, "--silent", "--ignore-scripts"], cwd=folder, capture_output=True, check=False, timeout=120
        )
        packed = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or packed is None:
            print(f"npm could not fetch {PACKAGE}: the launches with it will be skipped.")
            return 0
        if base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode() != SHA512:
            print(f"{PACKAGE} is not what it was when its digest was noted; it is not used.", file=sys.stderr)
            return 1
        with tarfile.open(packed) as archive:
            script = archive.extractfile(MEMBER)
            assert script is not None
            KEPT.parent.mkdir(parents=True, exist_ok=True)
            KEPT.write_bytes(script.read())
    return 0


if __name__ == "__main__":
    sys.exit(main())
