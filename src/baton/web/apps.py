"""Tells Django that the accounts live here."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The shell's own tables."""

    name = "baton.web"
    label = "web"
