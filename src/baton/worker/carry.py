"""Fax and Direct: what is to be carried is put into a folder that a gateway (a fax server, a HISP's client) watches and empties."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from baton.worker.outbox import Handler, UndeliverableError

Read = Callable[[str], bytes]
"""The bytes of a "Binary/id"."""


def into(folder: Path, channel: str, read: Read) -> Handler:
    """A handler for payloads {document, binary, to}: `<document>.pdf`, then `<document>.json` saying where it goes; whole or not at all."""

    def carry(payload: Mapping[str, Any]) -> None:
        name = re.sub(r"[^A-Za-z0-9-]", "", str(payload.get("document", "")).partition("/")[2])
        to = str(payload.get("to") or "").strip()
        if not name or not to:
            raise UndeliverableError("it does not say what goes where")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{channel}-{name}-{re.sub(r'[^0-9A-Za-z]', '', to)[-12:]}"
        _whole(folder / f"{name}.pdf", read(str(payload["binary"])))
        _whole(folder / f"{name}.json", json.dumps({"channel": channel, "to": to, "file": f"{name}.pdf"}).encode())

    return carry


def _whole(path: Path, body: bytes) -> None:
    """The file appears whole, readable by its owner alone; a watcher never sees a part of it."""
    part = path.with_suffix(path.suffix + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
