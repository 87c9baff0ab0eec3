"""Whom a change may be told to: named hosts, over HTTPS, without content, on a supervisor's word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.store.folk import ANA, HUB, KEY, SUE, ZONE, Clock, ground

from baton.duties import subscriptions
from baton.store import Store
from baton.store.postgres import Database
from baton.store.who import Refused


def subscription(**channel: Any) -> dict[str, Any]:
    """One that is in order, but for `channel`."""
    told = {"type": "rest-hook", "endpoint": "https://hook.example/notice", **channel}
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "Test",
        "criteria": "Observation?category=laboratory",
        "channel": {name: value for name, value in told.items() if value is not None},
    }


@pytest.fixture
def make_store(database: Database) -> Iterator[Callable[..., Store]]:
    """Makes stores with guards on one fresh database."""
    made: list[Store] = []

    def make(**arguments: Any) -> Store:
        made.append(Store(database.app_dsn, clock=Clock(), zone=ZONE, key=KEY, **arguments))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    made = make_store(guards=subscriptions.guards("hook.example, inside.example:8443"))
    ground(made)
    return made


def put(store: Store, resource: dict[str, Any], who: Any = SUE) -> None:
    with store.change(who, because="told") as change:
        change.put(resource)


def test_a_named_host_may_be_told(store: Store) -> None:
    put(store, subscription())
    put(store, subscription(endpoint="https://inside.example:8443/x"))


@pytest.mark.parametrize(
    ("channel", "element"),
    [
        ({"endpoint": "http://hook.example/notice"}, "endpoint"),
        ({"endpoint": "https://evil.example/"}, "endpoint"),
        ({"endpoint": "https://hook.example.evil.example/"}, "endpoint"),
        ({"endpoint": "https://hook.example:8443/"}, "endpoint"),
        ({"endpoint": "https://hook.example@evil.example/"}, "endpoint"),
        ({"endpoint": "https://user@hook.example/"}, "endpoint"),
        ({"endpoint": "https://169.254.169.254/latest"}, "endpoint"),
        ({"endpoint": "file:///etc/passwd"}, "endpoint"),
        ({"endpoint": None}, "endpoint"),
        ({"payload": "application/fhir+json"}, "payload"),
        ({"type": "email", "endpoint": "mailto:x@hook.example"}, "type"),
    ],
)
def test_nobody_else_is_told_and_nothing_is_told_outright(store: Store, channel: dict[str, Any], element: str) -> None:
    with pytest.raises(Refused) as refused:
        put(store, subscription(**channel))
    assert f"Subscription.channel.{element}" in {issue.expression for issue in refused.value.issues}


def test_it_is_a_supervisors_to_say(store: Store) -> None:
    with pytest.raises(Refused):
        put(store, subscription(), ANA)


def test_criteria_must_be_a_search_and_one_can_always_be_turned_off(store: Store) -> None:
    with pytest.raises(Refused, match="criteria"):
        put(store, {**subscription(), "criteria": "Observation?nonsense=1"})
    put(store, {**subscription(endpoint="https://evil.example/"), "status": "off"}, HUB)


def test_a_house_that_names_no_host_tells_nobody(make_store: Callable[..., Store]) -> None:
    store = make_store(guards=subscriptions.guards(""))
    with pytest.raises(Refused, match="BATON_SUBSCRIPTION_HOSTS"):
        put(store, subscription(), HUB)
