"""Tells Django that the accounts live here."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The shell's own tables, and who listens to what happens to accounts."""

    name = "baton.web"
    label = "web"

    def ready(self) -> None:
        """Once every app is there."""
        from baton.web import events

        events.connect()
