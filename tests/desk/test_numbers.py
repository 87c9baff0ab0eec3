"""Every number of the rooms in which a house is run opens exactly what it counts, to the last row; none of the numbers here is nought."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.pages import MONDAY, ZONE, House, client, house, patient, stay

from baton import app
from baton.duties import promises
from baton.duties.contact import communication
from baton.duties.discharge import blockers, plans
from baton.duties.discharge import states as discharge_states
from baton.duties.referrals import referrals
from baton.duties.support import assessments, safety
from baton.duties.team import absences, handovers, huddles, operations, staff
from baton.duties.team.handovers import Move
from baton.packs.assessments import library
from baton.store.postgres import Database
from baton.store.staff import Known

SUE = "sue@example.org"
HEART = "Heart & Vascular"
YUE = 13
"""So many speak Cantonese and need an interpreter, of twenty-six who came home."""


def on(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


class Town:
    """A house over some months: who came home, which referrals closed when, what held people up, who is away, who waits."""

    def __init__(self, home: House, clock: list[datetime]) -> None:
        self.home, self.clock = home, clock
        self.people: dict[str, str] = {}
        for name in ("Dora Dean", "Tom Brandt"):
            with home.hub.store.change(app.HUB, because="Add a person") as change:
                email = f"{name.split()[0].lower()}@example.org"
                self.people[name] = staff.add(change, email=email, role="coordinator", team=HEART, name=name)
        self.loops()
        self.held_up("2026-09-20T08:00", "transport", 30, ended=True)
        self.held_up("2026-11-20T08:00", "bed", 60, ended=False)
        self.came_home()
        self.shared()

    def at(self, text: str) -> None:
        self.clock[0] = on(text)

    def loops(self) -> None:
        """Four referrals of August: closed after ten days, forty, seventy, never."""
        self.at("2026-08-10T10:00")
        sent = []
        with self.home.change() as change:
            change.put({"resourceType": "Organization", "id": "clinic", "active": True, "name": "Clinic"})
            for number in range(4):
                id_ = patient(change, f"Ray {number}")
                asked = {
                    "what": "cardiology consult",
                    "to": "Organization/clinic",
                    "urgency": "routine",
                    "question": "?",
                    "reason": "murmur",
                }
                sent.append(referrals.make(change, patient=id_, **asked).id)
        for each in sent:
            with self.home.change() as change:
                referrals.send(change, task=each, despite="the rest follows")
        for days, each in zip((10, 40, 70), sent, strict=False):
            self.at((on("2026-08-10T10:00") + timedelta(days=days)).isoformat()[:16])
            for trigger in ("accept", "outcome"):
                with self.home.change() as change:
                    referrals.move(change, task=each, trigger=trigger)
            with self.home.change() as change:
                referrals.close_without_result(change, task=each, reason="no letter")
            with self.home.change() as change:
                referrals.tell(change, task=each, how="message")

    def held_up(self, start: str, cause: str, hours: int, *, ended: bool) -> None:
        """Somebody who could have left some hours before they did, or did not yet."""
        self.at(start)
        with self.home.change() as change:
            id_ = patient(change, f"Hal {cause}")
            encounter = {
                "resourceType": "Encounter",
                "status": "in-progress",
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
                "subject": {"reference": f"Patient/{id_}"},
                "period": {"start": self.clock[0].isoformat()},
            }
            stored = change.put(encounter)
        plan = discharge_states.plan_id(f"Encounter/{stored.id}")
        with self.home.change() as change:
            plans.ready(change, plan=plan, at=self.clock[0])
            task = blockers.raise_(change, plan=plan, cause=cause, what="it is in the way").id
        self.clock[0] += timedelta(hours=hours)
        if ended:
            with self.home.change() as change:
                blockers.resolve(change, task=task, note="there")
                change.put(
                    {
                        **change.get("Encounter", stored.id),
                        "status": "finished",
                        "period": {**encounter["period"], "end": self.clock[0].isoformat()},
                    }
                )

    def came_home(self) -> None:
        """Twenty-six came home three weeks ago: twenty were called in time, some with an interpreter; four too late; two not yet."""
        self.at("2026-11-02T10:00")
        self.ids: list[str] = []
        with self.home.change() as change:
            for number in range(26):
                more = {"gender": "male" if number % 2 else "female", "born": "1950-01-01" if number < 14 else "1970-01-01"}
                self.ids.append(patient(change, f"Ann {number:02}", language="yue" if number < YUE else None, **more))
            for each in self.ids:
                stay(change, each, self.clock[0])
        for number, each in enumerate(self.ids[:24]):
            self.at("2026-11-03T10:00" if number < 20 else "2026-11-12T10:00")
            with self.home.change() as change:
                [task] = change.promises(None, codes=["contact-after-discharge"], patient=each)
                said: dict[str, Any] = {"language": "yue", "interpreter": "#1"} if number < 9 else {"language": "en"}
                communication.attempt(change, task=task.task_id, outcome="reached", **said)

    def shared(self) -> None:
        """Twelve are Dora's, two of whom Tom covers, ten Tom's; the rest nobody's by name; two wait in Intake; errands of last week."""
        self.at("2026-11-16T10:00")
        dora, tom = self.people.values()
        moves = [Move(f"Patient/{each}", dora if number < 12 else tom) for number, each in enumerate(self.ids[:22])]
        with self.home.change(SUE) as change:
            handovers.hand(change, giver=None, moves=moves)
            for each, owner in [(self.ids[number], dora) for number in range(5)] + [(self.ids[13], tom)]:
                promises.make_by_hand(change, patient=each, what="an errand", due=date(2026, 11, 18), owner=owner)
        with self.home.hub.store.change(app.HUB, because="Nobody's yet") as change:
            for name in ("Ines One", "Ines Two"):
                patient(change, name)
        self.clock[0] = MONDAY
        with self.home.change(SUE) as change:
            moves = [Move(f"Patient/{each}", tom) for each in self.ids[10:12]]
            absences.record(change, person=dora, first=MONDAY.date(), last=MONDAY.date() + timedelta(days=2), moves=moves)


@pytest.fixture(scope="module")
def town(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = [on("2026-08-10T09:00")]
    with house(module_database, tmp_path_factory.mktemp("data"), now=lambda: clock[0], day_cost="2400") as opened:
        yield Town(opened, clock)


@pytest.fixture(autouse=True)
def short(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are short, so that there are several; nothing is remembered."""
    monkeypatch.setattr("baton.desk.paging.ROWS", 7)
    monkeypatch.setattr("baton.desk.team.SHOWN", 5)
    monkeypatch.setattr("baton.desk.team_intake.ROWS", 1)
    monkeypatch.setattr(operations, "REMEMBERED", Known(seconds=60))


def read(browser: Any, address: str) -> str:
    answer = browser.get(html.unescape(address))
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def pages(browser: Any, address: str) -> list[str]:
    """A list to its end: the page, and what "Show more" leads to from each."""
    found = [read(browser, address)]
    while more := re.search(r'rel="next" href="([^"]+)"', found[-1]):
        found.append(read(browser, address.partition("?")[0] + html.unescape(more[1])))
        assert len(found) < 50
    return found


def numbers(page: str, kind: str = "count") -> list[tuple[str, str]]:
    """(address, number) of each number that opens something."""
    return [
        (html.unescape(href), number)
        for href, number in re.findall(rf'<a[^>]*href="([^"]+)"[^>]*data-{kind}="([^"]+)"', reordered(page, kind))
    ]


def reordered(page: str, kind: str) -> str:
    """The page with each number's address before it."""
    return re.sub(rf'<a data-{kind}="([^"]+)"([^>]*)>', rf'<a\2 data-{kind}="\1">', page)


def rows(several: list[str]) -> int:
    return sum(each.count('class="move"') for each in several)


def test_of_operations(town: Town) -> None:
    browser = client(town.home, SUE)
    page = read(browser, "/operations")
    found = numbers(page)
    assert len(found) >= 20 and {"clock", "wait", "group", "interpreter"} <= {re.findall(r"what=([a-z]+)", href)[0] for href, _ in found}
    for href, count in found:
        listed = pages(browser, href)
        assert f'data-count="{count}"' in listed[0] and rows(listed) == int(count), f"{href} counts {count}"
        kept = re.search(rf'href="{re.escape(html.escape(href))}"[^>]*>[\d.]+ % <small>(\d+)/', page)
        assert kept is None or sum(each.count('"tag calm"') for each in listed) == int(kept[1]), f"{href} keeps {kept[1]}"
    counted = dict(found)
    contact = "/operations/behind?what=clock&kind=contact-after-discharge"
    assert (counted[contact], counted[f"{contact}&missed=1"]) == ("27", "7"), "twenty in time, four late, two not yet; nor Hal"
    assert counted["/operations/behind?what=wait&kind=contact-after-discharge"] == "24"
    assert counted["/operations/behind?what=interpreter"] == "13", "nine with, four without, all reached"
    groups = {href: int(number) for href, number in found if "what=group" in href}
    assert groups and all(number >= 11 for number in groups.values())
    assert "what=group&amp;by=language&amp;group=other" in page


@pytest.mark.parametrize("measure", ["closure", "waits", "interpreter"])
def test_of_groups_by_each_measure(town: Town, measure: str) -> None:
    browser = client(town.home, SUE)
    page = read(browser, f"/operations?measure={measure}")
    found = [(href, number) for href, number in numbers(page) if "what=group" in href]
    for href, count in found:
        listed = pages(browser, href)
        assert f'data-count="{count}"' in listed[0] and rows(listed) == int(count) >= 11, f"{href} counts {count}"
        kept = re.search(rf'href="{re.escape(html.escape(href))}"[^>]*>[\d.]+ % <small>(\d+)/', page)
        assert kept and sum(each.count('"tag calm"') for each in listed) == int(kept[1])
    if measure == "closure":
        assert not found and page.count("too few to show") >= 3, "four people: nothing of them is shown, and nothing opens"
        for by, group in (("language", "en"), ("sex", "female"), ("age", "4")):
            hidden = read(browser, f"/operations/behind?what=group&by={by}&group={group}&measure=closure")
            assert 'data-count="0"' in hidden and 'class="move"' not in hidden
    else:
        assert {re.findall("by=([a-z]+)", href)[0] for href, _ in found} >= {"language", "sex" if measure == "waits" else "age"}


def test_of_closure_and_days_lost(town: Town) -> None:
    browser = client(town.home, SUE)
    page = read(browser, "/operations")
    closed = {
        days: (int(percent), int(of)) for percent, of, days in re.findall(r"<b>(\d+) %</b> of (\d+) referrals closed in (\d+) days", page)
    }
    assert closed == {"30": (25, 4), "60": (50, 4), "90": (75, 4)}
    for days, (percent, of) in closed.items():
        listed = pages(browser, f"/operations/behind?what=closure&days={days}")
        assert rows(listed) == of and sum(each.count('"tag calm"') for each in listed) * 100 == percent * of
        missed = pages(browser, f"/operations/behind?what=closure&days={days}&missed=1")
        assert rows(missed) == of - of * percent // 100
    causes = dict(numbers(page, "days"))
    assert causes == {"/operations/behind?what=lost&cause=bed": "3.3", "/operations/behind?what=lost&cause=transport": "1.2"}
    assert re.search(r"<b>4\.5</b> days in hospital lost", page)
    assert re.findall(r"<small>\$([\d,]+)</small>", page) == ["7,900", "3,000"], "79 hours and 30, at a hundred dollars each"
    assert "$10,900 in all" in page
    for href, days in {**causes, "/operations/behind?what=lost": "4.5"}.items():
        listed = pages(browser, href)
        hours = [float(each) for one in listed for each in re.findall(r'data-hours="([\d.]+)"', one)]
        assert f'data-days="{days}"' in listed[0] and round(sum(hours) / 24, 1) == float(days) and len(hours) == rows(listed) > 0


def test_of_the_team(town: Town) -> None:
    browser = client(town.home, SUE)
    page = read(browser, "/team")
    found = numbers(page)
    kinds = {(re.findall(r"show=([a-z]+)", href)[0], "person=" in href) for href, _ in found}
    assert kinds == {("theirs", False), ("theirs", True), ("covering", True), ("late", True), ("all", True)}
    found.append(
        (
            html.unescape(re.findall(r'href="(/team/behind\?show=late[^"]*team=)"', page)[0]),
            re.findall(r"<b>(\d+)</b> past their time", page)[0],
        )
    )
    for href, count in found:
        listed = pages(browser, href)
        assert f'data-count="{count}"' in listed[0] and (int(count) > 0 or "show=all" in href), f"{href} counts {count}"
        if "show=late" in href:
            assert sum(int(each) for one in listed for each in re.findall(r'"tag late">\s*(\d+) late', one)) == int(count)
        elif "show=all" in href:
            minutes, capacity = (int(each) for each in re.findall(r"(\d+) of (\d+) minutes a week", listed[0])[0])
            assert round(sum(float(each) for one in listed for each in re.findall(r'data-weighs="([\d.]+)"', one))) == minutes
            assert abs(100 * minutes / capacity - int(count)) <= 0.6
        else:
            assert rows(listed) == int(count), f"{href} counts {count}"
    assert re.search(r'show=theirs&amp;team="[^>]*data-count="22">22 patients', page), "people share patients: the heading opens them"
    assert (
        int(re.findall(r"<b>(\d+)</b> in a team, looked after by nobody", page)[0])
        == sum(each.count('name="patients"') for each in pages(browser, "/team/nobody"))
        > 5
    )
    assert re.findall(r"<b>(\d+)</b> wait in Intake", page) == ["2"]
    assert rows(pages(browser, "/team/intake")) == 2
    dora = town.people["Dora Dean"].partition("/")[2]
    assert sum(each.count('name="patients"') for each in pages(browser, f"/team/people/{dora}")) == 10


def test_all_pages_of_somebodys_patients_are_lent_at_once(town: Town) -> None:
    browser = client(town.home, SUE)
    tom = town.people["Tom Brandt"]
    first = read(browser, f"/team/people/{tom.partition('/')[2]}")
    assert "All 12 of them, those on other pages too" in first
    shown = browser.post("/team/preview", {"all": tom, "takers": town.people["Dora Dean"]}).content.decode()
    assert shown.count('<li class="move">') == 10, "the two he covers are not his to lend"


def test_of_working_days(town: Town) -> None:
    browser = client(town.home, SUE)
    with town.home.change(SUE) as change:
        for number in range(3):
            promises.make_by_hand(change, patient=town.ids[number], what=f"by then {number}", due=date(2026, 12, 1))
    said = {"team": town.home.team[HEART], "first": "2026-12-01", "last": "", "reason": "Retreat"}
    page = browser.post("/closures/close", {f"closure-{name}": value for name, value in said.items()}).content.decode()
    stays = int(re.findall(r'<summary[^>]*data-count="(\d+)"', page)[0])
    assert stays >= 3 and page.partition('id="stays"')[2].partition("</ul>")[0].count("<li>") == stays


def test_of_mentoring(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baton.desk.mentoring.ROWS", 2)
    monkeypatch.setattr("baton.desk.mentoring.SHORT", 1)
    dora = town.people["Dora Dean"]
    with town.home.hub.store.change(app.HUB, because="A mentor") as change:
        staff.set_mentor(change, person=dora, mentor=town.home.person[SUE])
    with town.home.change(SUE) as change:
        for each in change.promises([dora], limit=3):
            promises.done(change, task=each.task_id)
    with town.home.hub.store.change(town.home.hub.store.who(dora, entrance="desk"), because="Plans") as change:
        for each in town.ids[:5]:
            change.put(
                {
                    "resourceType": "CarePlan",
                    "status": "active",
                    "intent": "plan",
                    "subject": {"reference": f"Patient/{each}"},
                    "title": "P",
                }
            )
    browser = client(town.home, SUE)
    listed = pages(browser, "/mentoring")
    count = int(re.findall(r"(\d+) pieces of work wait", listed[0])[0])
    assert (
        sum(each.count('href="/mentoring/') - each.count("/mentoring/misses") - each.count("/mentoring/work/") for each in listed) >= count
    )
    assert sum(each.partition('id="missed-title"')[0].count('class="move"') for each in listed) == count == 5
    missed = int(re.findall(r'data-count="(\d+)"', listed[0].partition('id="missed-title"')[2])[0])
    every = pages(browser, "/mentoring/misses")
    assert missed > 1 and sum(each.count('<li class="event">') for each in every) == missed and f"All {missed} of them" in listed[0]
    assert rows(pages(browser, "/mentoring/lately")) == 3 and "/mentoring/lately" in listed[0]


def test_of_people_and_huddles(town: Town) -> None:
    browser = client(town.home, SUE)
    for address in ("/people", f"/people?team={town.home.team[HEART]}", "/people?role=coordinator"):
        page = read(browser, address)
        assert int(re.findall(r"(\d+) people", page)[0]) == page.count('class="colleague"') > 1
    for team_, count in re.findall(r'href="(/people\?team=[^"]+)"[^>]*>[^<]*</a><br><small class="meta">(\d+) p', read(browser, "/teams")):
        assert read(browser, team_).count('class="colleague"') == int(count)
    with town.home.change(SUE) as change:
        begun = huddles.begin(change, team=town.home.team[HEART])
    page = read(browser, f"/team/huddles/{begun}")
    assert int(re.findall(r"(\d+) patients to talk about", page)[0]) == page.count('id="point-') == huddles.AGENDA


def test_of_the_safety_bar(town: Town) -> None:
    """Two cases that no clinician has, one that a clinician has: every page says both numbers, and the room lists the three."""
    amara = _clinician(town)
    answers = dict.fromkeys((each.link for each in library()["phq-9"].items if each.link != "69722-7"), "LA6569-3")
    for each in town.ids[:3]:
        with town.home.change(SUE) as change:
            assessments.answer(change, patient=f"Patient/{each}", assessment="phq-9", answers=answers)
    browser = client(town.home, SUE)
    room = read(browser, "/support")
    assert "3 safety cases are open and no clinician has them" in room
    task = re.findall(r'href="/safety/([^"/]+)"', room)[0]
    for verb, said in ((safety.confirm, {"place": "1 Main Street", "number": "(555) 014-2291"}), (safety.hand_over, {"to": amara})):
        with town.home.change(SUE) as change:
            verb(change, task=task, **said)
    for address in ("/team", "/support"):
        page = read(browser, address)
        [alone], [taken] = (re.findall(rf"(\d+) safety cases? (?:is|are) {words}", page) for words in ("open and no", "in hand"))
        assert (alone, taken) == ("2", "1") and "Amara Okonkwo since" in page
    listed = read(browser, "/support").partition('id="cases-title"')[2].partition("</section>")[0]
    assert listed.count('class="loop"') == int(alone) + int(taken) and listed.count(">with a clinician<") == int(taken)


def _clinician(town: Town) -> str:
    with town.home.hub.store.change(app.HUB, because="Add a person") as change:
        return staff.add(change, email="amara@example.org", role="clinician", team=HEART, name="Amara Okonkwo")
