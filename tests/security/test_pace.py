"""Nobody can ask for more pages than anybody can read: by address before anything is looked up, by person wherever they are."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pages import House, client, house

from baton.pace import BURST, Pace
from baton.store.postgres import Database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("data")
    with house(module_database, folder, page_rate="1", address_rate="1") as opened:
        yield opened


def until_slowed(browser: Any, path: str, each: Any) -> Any:
    """Ask, as often as it takes, until slowed down."""
    for place in range(400):
        answer = browser.get(path, **each(place))
        if answer.status_code == 429:
            return answer
    raise AssertionError("nobody slowed us down")


def test_one_person_is_slowed_down_and_told_when_to_come_again(home: House) -> None:
    slowed = until_slowed(client(home), "/account/password", lambda place: {"REMOTE_ADDR": f"10.0.{place // 250}.{place % 250}"})
    assert int(slowed["Retry-After"]) >= 1
    assert b"Too many requests at once" in slowed.content and "script-src 'self'" in slowed["Content-Security-Policy"]


def test_one_address_is_slowed_down_whoever_asks(home: House) -> None:
    browser = client(home, None)
    until_slowed(browser, "/sign-in", lambda place: {})
    assert browser.get("/sign-in", REMOTE_ADDR="10.9.9.9").status_code == 200


def test_a_caller_can_only_name_its_address_where_a_proxy_does(home: House) -> None:
    until_slowed(client(home, None), "/sign-in", lambda place: {"headers": {"X-Forwarded-For": f"10.1.{place // 250}.{place % 250}"}})


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    pace = Pace(2, clock=lambda: now[0])
    assert [pace.wait("a") for _ in range(20)] == [0.0] * 20
    assert pace.wait("a") > 0 and pace.wait("b") == 0
    now[0] += 1
    assert [pace.wait("a") for _ in range(2)] == [0.0, 0.0] and pace.wait("a") > 0


def _takes(path: str, several: int, counted: Any) -> None:
    pace = Pace(1, clock=lambda: 1000.0, shared=Path(path))
    counted.put(sum(pace.wait("10.0.0.1") == 0.0 for _ in range(several)))


def test_two_processes_take_from_one_bucket(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    counted = context.Queue()
    both = [context.Process(target=_takes, args=(str(tmp_path / "pace" / "address"), 50, counted)) for _ in range(2)]
    for each in both:
        each.start()
    let_through = [counted.get(timeout=60) for _ in both]
    for each in both:
        each.join()
    assert sum(let_through) == BURST, "ten seconds' worth for both together, not for each"
    after = Pace(1, clock=lambda: 1001.0, shared=tmp_path / "pace" / "address")
    assert after.wait("10.0.0.1") == 0.0 and after.wait("10.0.0.1") > 0, "a third sees what the others left, and that it fills"
    assert after.wait("10.0.0.2") == 0.0


def test_where_no_file_can_be_made_a_process_counts_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    pace = Pace(1, clock=lambda: 1.0, shared=tmp_path / "file" / "under")
    assert [pace.wait("a") for _ in range(BURST)] == [0.0] * BURST and pace.wait("a") > 0
