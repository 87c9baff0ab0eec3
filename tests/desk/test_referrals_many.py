"""The board of referrals with hundreds: a hundred at a time, each once, the filters and the chosen one kept from page to page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.pages import House, client, house, patient

from baton.duties.referrals import board, referrals
from baton.store.postgres import Database

MANY, ACCEPTED = 230, 120


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose referrals were sent to one clinic; those of the first patients were accepted."""
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        with opened.change() as change:
            change.put({"resourceType": "Organization", "id": "clinic", "active": True, "name": "Clinic"})
            whom = [patient(change, f"Ann Person{number}") for number in range(10)]
        with opened.change() as change:
            made = [
                referrals.make(change, patient=whom[number % 10], what=f"consult {number}", to="Organization/clinic").id
                for number in range(MANY)
            ]
        with opened.change() as change:
            for each in made:
                referrals.send(change, task=each, despite="the rest follows")
        with opened.change() as change:
            for each in made[:ACCEPTED]:
                referrals.move(change, task=each, trigger="accept")
        yield opened


def tasks(answer: Any) -> list[str]:
    """The rows of a page, in order."""
    return re.findall(r'data-task="([^"]+)" data-patient', answer.content.decode())


def following(answer: Any, rel: str = "next") -> str | None:
    """Where the next page is."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', answer.content.decode())
    return "/referrals" + html.unescape(found[1]) if found else None


def pages(browser: Any, address: str) -> Iterator[Any]:
    """Page after page, as somebody presses "Show more"."""
    where: str | None = address
    while where:
        answer = browser.get(where)
        yield answer
        where = following(answer)


def test_every_referral_comes_once_a_hundred_at_a_time(home: House) -> None:
    several = list(pages(client(home), "/referrals"))
    assert [len(tasks(each)) for each in several] == [100, 100, 30]
    found = [task for each in several for task in tasks(each)]
    assert len(set(found)) == MANY
    assert following(several[0], "prev") is None and following(several[1], "prev") == "/referrals?"
    assert following(several[2], "prev") == "/referrals?from=100"


@pytest.mark.parametrize(
    ("narrowed", "many"), [("column=booked", [100, 20]), ("column=answer", [100, 10]), ("turn=theirs", [100, 100, 30])]
)
def test_filters_are_kept_from_page_to_page(home: House, narrowed: str, many: list[int]) -> None:
    several = list(pages(client(home), f"/referrals?{narrowed}"))
    assert [len(tasks(each)) for each in several] == many
    for each in several[:-1]:
        assert narrowed in str(following(each))


def test_what_is_chosen_on_a_later_page_stays_chosen_there_and_so_does_the_page(home: House) -> None:
    browser = client(home)
    second = browser.get("/referrals?column=booked&from=100")
    chosen = tasks(second)[7]
    link = re.search(rf'id="do-{chosen}" href="([^"]+)"', second.content.decode())
    assert link is not None and html.unescape(link[1]) == f"?column=booked&from=100&task={chosen}"
    answer = browser.get("/referrals" + html.unescape(link[1]))
    assert tasks(answer) == tasks(second), "the same page"
    page = answer.content.decode()
    assert re.findall(r'class="work [^"]* at" id="row-([^"]+)"|class="work  at" id="row-([^"]+)"', page) and f'id="row-{chosen}"' in page
    form = re.search(r'action="(/referrals/[^"]+/move)"(.*?)</form>', page, re.S)
    assert form is not None
    given = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[2]))
    back = browser.post(form[1], {**given, "trigger": "decline", "reason": "no capacity"})
    assert back.status_code == 302 and "column=booked" in back.headers["Location"] and "from=100" in back.headers["Location"]
    browser.post(form[1].replace("/move", "/reroute"), {"to": "Organization/clinic"})  # as it was: under way with the same clinic


def test_a_page_that_is_not_there_any_more_shows_the_last_one(home: House) -> None:
    browser = client(home)
    several = list(pages(browser, "/referrals"))
    assert tasks(browser.get("/referrals?from=9900")) == tasks(several[-1])
    assert tasks(browser.get("/referrals?from=rubbish")) == tasks(several[0])
    assert tasks(browser.get("/referrals?column=tell&from=100")) == []


def test_the_duty_gives_pages_and_counts_of_all(home: House) -> None:
    who = home.hub.store.who(home.person["carla@example.org"], entrance="desk")
    with home.hub.store.view(who) as view:
        first, last = board.board(view), board.board(view, start=200)
    assert first.columns == last.columns and first.turns == last.turns
    assert (first.start, first.following, last.start, last.following) == (0, 100, 200, None)
    assert not first.more, "all were counted"
