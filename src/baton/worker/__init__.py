"""Works while nobody looks: delivers what was announced, wakes what is due, seals what was recorded."""

from baton.worker.jobs import Work, run

__all__ = ["Work", "run"]
