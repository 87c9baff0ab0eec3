"""People, teams and my account: who sees and who changes what, by HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.pages import PASSWORD, House, client, house

from baton import app
from baton.duties.team import staff
from baton.store.postgres import Database
from baton.web import django as shell

ADMIN, SUE, CARLA = "dana@example.org", "sue@example.org", "carla@example.org"


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        with opened.hub.store.change(app.HUB, because="An administrator") as change:
            opened.person[ADMIN] = staff.add(change, email=ADMIN, role="administrator", name="Dana Roth")
        shell.set_password(opened.hub, email=ADMIN, practitioner=opened.person[ADMIN], password=PASSWORD)
        yield opened


def signed_in(home: House, email: str) -> Any:
    browser = client(home, None)
    assert browser.post("/sign-in", {"login": email, "password": PASSWORD}).status_code == 302
    return browser


def at(home: House, email: str) -> str:
    return f"/people/{home.person[email].partition('/')[2]}"


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_everybody_sees_who_works_here_and_only_keepers_see_how_they_sign_in(home: House) -> None:
    for email in (CARLA, ADMIN):
        page = text(signed_in(home, email).get("/people"))
        assert "Carla Cole" in page and "Dana Roth" in page
        assert ("Add somebody" in page) is (email == ADMIN)
    mine = text(signed_in(home, CARLA).get(at(home, "sam@example.org")))
    assert "Signing in" not in mine and "Give another role" not in mine
    assert "Signing in" in text(signed_in(home, SUE).get(at(home, "sam@example.org")))
    assert "Signing in" not in text(signed_in(home, SUE).get(at(home, ADMIN))), "a supervisor does not answer for an administrator"


def test_filters(home: House) -> None:
    browser = signed_in(home, CARLA)
    page = text(browser.get("/people", {"team": home.team["Senior care"]}))
    assert "Sam Ash" in page and "Sue Park" not in page
    page = text(browser.get("/people", {"role": "supervisor"}))
    assert "Sue Park" in page and "Sam Ash" not in page
    assert "Nobody here" in text(browser.get("/people", {"show": "gone"}))


def test_somebody_is_added_invited_works_and_leaves(home: House) -> None:
    dana = signed_in(home, ADMIN)
    form = {"name": "Nora Ray", "email": "nora@example.org", "role": "pharmacist", "team": home.team["Senior care"]}
    page = text(dana.post("/people/add", form))
    link = re.findall(r"http://localhost(/welcome/[\w-]+)", page)[0]
    nora = client(home, None)
    new = "three words together"
    assert nora.post(link, {"new_password1": new, "new_password2": new}).status_code == 302
    assert "Nora Ray" in text(nora.get("/account"))
    id_ = re.findall(r"/people/([\w-]+)/role\"", page)[0]
    assert dana.post("/people/add", form).status_code == 302, "somebody known is not added twice"
    dana.post(f"/people/{id_}/role", {"role": "student", "team": home.team["Heart & Vascular"], "end": "2027-01-31", "site": "North"})
    dana.post(f"/people/{id_}/licence", {"code": "PharmD", "number": "P1", "end": "2026-12-15"})
    dana.post(f"/people/{id_}/skills", {"skill": ["teach-back"]})
    page = text(dana.get(f"/people/{id_}"))
    assert "Student" in page and "31 Jan 2027" in page and "North" in page and "ends soon" in page and "Teach-back" in page
    assert "Nora Ray" in text(dana.get("/people", {"show": "expiring"}))
    wrong = dana.post(f"/people/{id_}/role", {"role": "student", "team": home.team["Heart & Vascular"], "end": "31 January"}, follow=True)
    assert "Write the day as 2026-07-31." in text(wrong)
    assert "Their access has ended" in text(dana.post(f"/people/{id_}/leave", {"reason": "moved"}, follow=True))
    assert nora.get("/account").status_code == 302
    assert client(home, None).post("/sign-in", {"login": "nora@example.org", "password": new})["Location"] == "/sign-in/inactive"
    assert "Nora Ray" in text(dana.get("/people", {"show": "gone"}))


@pytest.mark.parametrize("act", ["role", "licence", "skills", "invite", "leave", "unlock", "sessions", "factors"])
def test_a_coordinator_changes_nothing_of_a_colleague(home: House, act: str) -> None:
    answer = signed_in(home, CARLA).post(
        f"{at(home, 'sam@example.org')}/{act}", {"role": "administrator", "code": "RN", "team": "Organization/intake"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("act", ["invite", "leave", "sessions", "factors"])
def test_a_supervisor_changes_nothing_of_an_administrators_sign_in(home: House, act: str) -> None:
    signed_in(home, SUE).post(f"{at(home, ADMIN)}/{act}")
    assert signed_in(home, ADMIN).get("/account").status_code == 200
    assert "Only an administrator changes how" in text(signed_in(home, SUE).post(f"{at(home, ADMIN)}/{act}", follow=True))


def test_changing_roles_asks_again_after_a_while_and_then_goes_on_by_itself(home: House) -> None:
    dana = signed_in(home, ADMIN)
    session = dana.session
    session["account_authentication_methods"] = [{**each, "at": each["at"] - 3600} for each in session["account_authentication_methods"]]
    session.save()
    where = f"{at(home, 'sam@example.org')}/role"
    answer = dana.post(where, {"role": "student", "team": home.team["Heart & Vascular"]})
    assert answer["Location"].startswith("/account/reauthenticate?next=")
    assert "Student" not in text(dana.get(at(home, "sam@example.org"))).partition("Give another role")[0]
    done = dana.post(answer["Location"], {"password": PASSWORD, "next": where})
    assert done["Location"] == at(home, "sam@example.org")
    assert "Student" in text(dana.get(at(home, "sam@example.org"))).partition("Give another role")[0]


def test_my_account_says_what_i_am_allowed_and_signs_the_others_out(home: House) -> None:
    here, there = signed_in(home, CARLA), signed_in(home, CARLA)
    page = text(here.get("/account"))
    assert "patients of your teams" in page and "G05" in page and "needs a licence in force" in page
    assert here.post("/account/devices/others/end").status_code == 302
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 302)


def test_teams_are_added_and_renamed(home: House) -> None:
    sue = signed_in(home, SUE)
    sue.post("/teams/add", {"name": "Night"})
    page = text(sue.get("/teams"))
    assert "Night" in page and "Nobody yet" in page
    team = re.findall(r"/teams/([\w-]+)/name", page)
    assert all(sue.post(f"/teams/{id_}/name", {"name": " ", "back": "teams"}).status_code == 302 for id_ in team[:1])
    assert signed_in(home, CARLA).post("/teams/add", {"name": "Mine"}).status_code == 403
