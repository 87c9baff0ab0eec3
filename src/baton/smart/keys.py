"""The hub's own signing keys, kept in the data folder like other secrets: the newest signs, older ones still prove what they signed."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeySet, RSAKey

ALGORITHMS = ("RS256", "ES256")
_KEEP = 3  # keys that stay published


class Keys:
    """The keys in one folder; every process that shares the folder signs with the same."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first key is."""
        self._folder = folder
        self._lock = threading.Lock()
        self._read: tuple[float, list[Path], list[Any]] = (0.0, [], [])

    def signing(self) -> tuple[Any, str]:
        """The key that signs now, and its algorithm; one is made when there is none."""
        found = self._all()
        if not found:
            with self._lock:
                if not self._paths():
                    self.rotate("RS256")
            found = self._all()
        key = found[-1]
        return key, str(key.as_dict()["alg"])

    def published(self) -> dict[str, Any]:
        """The public keys, as a JWKS."""
        self.signing()
        return dict(KeySet(self._all()).as_dict(private=False))

    def rotate(self, algorithm: str) -> str:
        """Make another key, which signs from now on; the oldest are forgotten. Returns its id. Raises ValueError."""
        if algorithm not in ALGORITHMS:
            raise ValueError(f"{algorithm!r} is not one of {', '.join(ALGORITHMS)}")
        about: Any = {"use": "sig", "alg": algorithm}
        key: Any
        key = RSAKey.generate_key(2048, about) if algorithm == "RS256" else ECKey.generate_key("P-256", about)
        key.ensure_kid()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=self._folder)  # mode 0600
        with os.fdopen(handle, "w") as file:
            json.dump(key.as_dict(private=True), file)
        Path(fresh).rename(self._folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{algorithm}.json")
        for old in self._paths()[:-_KEEP]:
            old.unlink(missing_ok=True)
        self._read = (0.0, [], [])
        return str(key.kid)

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))

    def _all(self) -> list[Any]:
        """All keys, the newest last; looked for again at most once a second."""
        until, paths, keys = self._read
        if time.monotonic() < until:
            return keys
        there = self._paths()
        if there != paths:
            keys = [_key(json.loads(path.read_text())) for path in there]
        self._read = (time.monotonic() + 1, there, keys)
        return keys


def _key(data: dict[str, Any]) -> Any:
    return RSAKey.import_key(data) if data["kty"] == "RSA" else ECKey.import_key(data)
