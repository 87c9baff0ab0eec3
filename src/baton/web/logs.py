"""Logging without health information: what failed and where in the code, never the address with its ids, the form, or a message's text."""

from __future__ import annotations

import logging
import traceback
from logging.config import dictConfig
from typing import Any


class Discreet(logging.Formatter):
    """A formatter that names the page by its pattern and an exception by its type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        request = getattr(record, "request", None)
        if request is None:
            return super().format(record)
        match = getattr(request, "resolver_match", None)
        page = match.route if match else "(no such page)"
        quiet = logging.makeLogRecord(
            {**record.__dict__, "msg": f"{getattr(record, 'status_code', '')} {getattr(request, 'method', '')} {page}", "args": ()}
        )
        return super().format(quiet)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """An exception as its type and the places it passed."""
        kind, _, trace = ei
        places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
        return "\n".join([f"{kind.__name__ if kind else 'exception'} (text withheld)", *places])


def configure(_: Any = None) -> None:
    """Send what is worth a line to standard error."""
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"discreet": {"()": Discreet, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "discreet"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
                "django.security": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
                "baton": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            },
        }
    )
