"""A true bug: logged under a number, without a word of health information, and answered with that number."""

from __future__ import annotations

import logging
import secrets
import traceback

from baton.fhir.outcome import Issue

log = logging.getLogger("baton.api")


def recorded(error: BaseException, what: str) -> Issue:
    """Log where an exception came from, never its message (it may quote a resource); the issue tells the caller the number."""
    number = secrets.token_hex(5)
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    way = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    log.error("incident %s in %s: %s at %s", number, what, type(error).__name__, way)
    return Issue("error", "exception", f"Something went wrong here, not in your request. Incident {number}.", None)
