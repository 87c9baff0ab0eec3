"""Subscriptions: whom a change may be told to. Hosts the house has named, over HTTPS, and never what changed: that takes a token."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from baton.fhir import query
from baton.fhir.outcome import Bad, Issue, error
from baton.fhir.resource import Resource
from baton.store import View

MAY = frozenset({"administrator", "supervisor", "system"})
"""Roles that may have changes told to another system."""


def guards(hosts: str) -> dict[str, list[Callable[..., Iterable[Issue]]]]:
    """The guards, for a house that has named these hosts (comma separated; none: nobody is told anything)."""
    named = frozenset(host.strip().lower() for host in hosts.split(",") if host.strip())

    def guard(before: Resource | None, after: Resource | None, view: View) -> Iterable[Issue]:
        """Refuse a subscription that tells too much, to somebody who was not named, or on somebody's word who may not say so."""
        if after is None or after.get("status") == "off":
            return
        if view.who.role not in MAY:
            yield error("forbidden", "Having changes told to another system is for supervisors and administrators to say.", "Subscription")
        yield from _criteria(after)
        channel = after.get("channel") or {}
        if channel.get("type") != "rest-hook":
            yield error("not-supported", "Changes are told by rest-hook only.", "Subscription.channel.type")
        if channel.get("payload"):
            text = "A notice carries nothing: leave payload out; what changed is fetched with a token."
            yield error("business-rule", text, "Subscription.channel.payload")
        if why := _amiss(str(channel.get("endpoint") or ""), named):
            yield error("business-rule", why, "Subscription.channel.endpoint")
        if any(not str(each).isprintable() for each in channel.get("header", ())):
            yield error("value", "A header is one line of text.", "Subscription.channel.header")

    return {"Subscription": [guard]}


def _amiss(endpoint: str, named: frozenset[str]) -> str | None:
    """What is wrong with an address to be told at; None when nothing is."""
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "This is no address."
    if parts.scheme != "https" or not host or parts.username is not None or parts.fragment or not endpoint.isprintable():
        return "The endpoint is an https:// address without user name and fragment."
    if (host if port in (None, 443) else f"{host}:{port}") not in named:
        return f"{host} is not among the hosts that may be told (BATON_SUBSCRIPTION_HOSTS)."
    return None


def _criteria(subscription: dict[str, Any]) -> Iterable[Issue]:
    type_, _, asked = str(subscription.get("criteria") or "").partition("?")
    try:
        query.parse(type_, asked)
    except Bad as bad:
        yield error("value", f"The criteria cannot be searched: {bad}", "Subscription.criteria")
