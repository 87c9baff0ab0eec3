"""Letting apps in: the consent page and the choice of a patient, opening from a patient's page, ending, registering."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.pages import House, client, house, patient

from baton import app as baton_app
from baton.smart.registration import register
from baton.smart.server import Server
from baton.store.postgres import Database

BACK = "https://app.example/back"
BASE = "http://localhost/fhir/R4"
VERIFIER = "v" * 50
ALL = "launch launch/patient openid fhirUser online_access offline_access patient/*.cruds user/*.cruds"


@dataclass
class Desk:
    """The house, a patient of Carla's and one of Sam's, and an app."""

    home: House
    zofia: str
    luis: str
    app: str

    def authorize(self, scope: str, **changes: str) -> str:
        """The address an app sends the browser to."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self.app,
            "redirect_uri": BACK,
            "scope": scope,
            "state": "s",
            "aud": BASE,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return "/oauth/authorize?" + urlencode({**asked, **changes})

    def granted(self, location: str) -> str:
        """The scopes behind the code an app was sent back with."""
        code = returned(location)["code"]
        found = self.home.hub.store.apps.of_code(code)
        assert found
        return found.scope


def returned(location: str) -> dict[str, str]:
    assert location.startswith(BACK), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@pytest.fixture(scope="module")
def desk(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("data")
    with house(module_database, folder) as home:
        with home.change() as change:
            zofia = patient(change, "Zofia Nowak")
        with home.change("sam@example.org") as change:
            luis = patient(change, "Luis Delgado")
        app, _ = register(
            home.hub.store,
            baton_app.HUB,
            name="Growth charts",
            kind="public",
            scope=ALL,
            redirects=(BACK, "com.example.app:/back"),
            launch_url="https://app.example/launch",
        )
        yield Desk(home, zofia, luis, app.id)


def scopes_on(page: Any) -> list[str]:
    return re.findall(r'name="scope" value="([^"]+)"', page.content.decode())


def test_a_stranger_signs_in_first(desk: Desk) -> None:
    answer = client(desk.home, email=None).get(desk.authorize("launch/patient patient/*.rs"))
    assert answer.status_code == 302 and answer["Location"].startswith("/sign-in?next=")


def test_a_patient_is_chosen_then_each_part_is_said_yes_or_no_to(desk: Desk) -> None:
    browser = client(desk.home)
    address = desk.authorize("launch/patient openid fhirUser patient/Observation.cruds patient/Condition.rs offline_access")
    page = browser.get(address)
    assert b"Which patient is Growth charts for?" in page.content
    assert "form-action 'self' https://app.example;" in page["Content-Security-Policy"]
    found = browser.post(address, {"step": "find", "text": "nowak"})
    assert b"Zofia Nowak" in found.content
    assert b"Luis" not in browser.post(address, {"step": "find", "text": "delgado"}).content
    asked = browser.post(address, {"step": "patient", "patient": desk.zofia})
    assert b"Zofia Nowak" in asked.content and b"as Carla Cole" in asked.content
    assert scopes_on(asked) == [
        "patient/Observation.rs",
        "patient/Observation.cud",
        "patient/Condition.rs",
        "openid fhirUser",
        "offline_access",
    ]
    ticked = {"step": "decide", "answer": "allow", "patient": desk.zofia, "scope": ["patient/Observation.rs", "openid fhirUser"]}
    answer = browser.post(address, ticked)
    assert answer.status_code == 302 and returned(answer["Location"])["state"] == "s"
    assert desk.granted(answer["Location"]) == "launch/patient openid fhirUser patient/Observation.rs"
    assert desk.zofia not in answer["Location"]


def test_what_was_not_asked_cannot_be_granted_and_nothing_is_not_enough(desk: Desk) -> None:
    browser = client(desk.home)
    address = desk.authorize("launch/patient patient/Condition.r")
    decide = {"step": "decide", "answer": "allow", "patient": desk.zofia}
    wide = browser.post(address, {**decide, "scope": ["user/*.cruds", "patient/*.cruds", "offline_access"]})
    assert desk.granted(wide["Location"]) == "launch/patient patient/Condition.r"
    none = browser.post(address, decide)
    assert none.status_code == 422 and b"at least one" in none.content


def test_saying_no_sends_the_app_away(desk: Desk) -> None:
    browser = client(desk.home)
    for scope in ("user/*.rs", "launch/patient patient/*.rs"):
        answer = browser.post(desk.authorize(scope), {"step": "decide", "answer": "deny"})
        assert returned(answer["Location"]) == {
            "error": "access_denied",
            "state": "s",
            "error_description": returned(answer["Location"])["error_description"],
        }


def test_nobody_lets_an_app_see_a_patient_who_is_not_theirs(desk: Desk) -> None:
    browser = client(desk.home)
    address = desk.authorize("launch/patient patient/*.rs")
    assert browser.post(address, {"step": "patient", "patient": desk.luis}).status_code == 404
    decided = browser.post(address, {"step": "decide", "answer": "allow", "patient": desk.luis, "scope": "patient/*.rs"})
    assert decided.status_code == 404 or "code" not in decided.headers.get("Location", "")


def test_a_request_that_cannot_be_sent_back_is_refused_here(desk: Desk) -> None:
    answer = client(desk.home).get(desk.authorize("patient/*.rs", redirect_uri="https://evil.example/"))
    assert answer.status_code == 400 and b"cannot be let in" in answer.content
    app_of_a_telephone = client(desk.home).post(
        desk.authorize("user/Task.rs", redirect_uri="com.example.app:/back"), {"step": "decide", "answer": "allow", "scope": "user/Task.rs"}
    )
    assert app_of_a_telephone["Location"].startswith("com.example.app:/back?code=")


def test_a_decision_needs_the_pages_own_token(desk: Desk) -> None:
    from django.test import Client

    browser = client(desk.home)
    strict = Client(enforce_csrf_checks=True, **{"baton.hub": desk.home.hub, "SERVER_NAME": "localhost"})
    strict.cookies = browser.cookies
    answer = strict.post(desk.authorize("user/Task.rs"), {"step": "decide", "answer": "allow", "scope": "user/Task.rs"})
    assert answer.status_code == 403


# --- from the patient's page ------------------------------------------------------------------------------------------------------------


def test_an_app_is_opened_for_one_patient_and_one_person(desk: Desk) -> None:
    browser = client(desk.home)
    page = browser.get(f"/patients/{desk.zofia}/apps")
    assert b"Growth charts" in page.content and "https://app.example" in page["Content-Security-Policy"]
    opened = browser.post(f"/patients/{desk.zofia}/apps/{desk.app}")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(opened["Location"]).query).items()}
    assert asked["iss"] == BASE and desk.zofia not in opened["Location"]
    address = desk.authorize("launch patient/Patient.r", launch=asked["launch"])
    consent = browser.get(address)
    assert b"Zofia Nowak" in consent.content, "nobody is asked which patient"
    stranger = client(desk.home, "sam@example.org").get(address)
    assert returned(stranger["Location"])["error"] == "invalid_request"
    answer = browser.post(address, {"step": "decide", "answer": "allow", "patient": desk.luis, "scope": "patient/Patient.r"})
    permission = desk.home.hub.store.apps.of_code(returned(answer["Location"])["code"])
    assert permission and permission.patient == f"Patient/{desk.zofia}", "the launch says which, whatever is posted"


def test_apps_are_not_opened_for_others_patients(desk: Desk) -> None:
    browser = client(desk.home)
    assert browser.get(f"/patients/{desk.luis}/apps").status_code == 404
    assert browser.post(f"/patients/{desk.luis}/apps/{desk.app}").status_code == 404
    assert browser.post(f"/patients/{desk.zofia}/apps/app-none").status_code == 404


# --- ending -------------------------------------------------------------------------------------------------------------------------------


def tokens(desk: Desk, browser: Any, scope: str) -> dict[str, Any]:
    """What the app gets for a consent to all it asks."""
    from baton.smart.request import TOKEN, Asked

    answer = browser.post(desk.authorize(scope), {"step": "decide", "answer": "allow", "patient": desk.zofia, "scope": scope})
    form = {"grant_type": "authorization_code", "code": returned(answer["Location"])["code"], "redirect_uri": BACK, "client_id": desk.app}
    server = Server(desk.home.hub.store, desk.home.hub.settings)
    reply = server.token(Asked("POST", "http://localhost", TOKEN, "", urlencode({**form, "code_verifier": VERIFIER})))
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.body
    return found


def test_who_let_an_app_in_sees_and_ends_it(desk: Desk) -> None:
    browser = client(desk.home)
    held = tokens(desk, browser, "launch/patient patient/Observation.rs")
    page = browser.get("/apps/mine").content.decode()
    assert "Growth charts" in page and "See: test results and measurements" in page
    number = re.findall(r"/apps/mine/(\d+)/end", page)[0]
    client(desk.home, "sam@example.org").post(f"/apps/mine/{number}/end")
    assert desk.home.hub.store.apps.holder(held["access_token"]), "only one's own"
    browser.post(f"/apps/mine/{number}/end")
    assert desk.home.hub.store.apps.holder(held["access_token"]) is None


def test_signing_out_ends_what_was_let_for_the_time_being(desk: Desk) -> None:
    browser = client(desk.home)
    online, offline = (tokens(desk, browser, f"launch/patient patient/*.rs {each}") for each in ("online_access", "offline_access"))
    browser.post("/sign-out")
    assert desk.home.hub.store.apps.holder(online["access_token"]) is None
    assert desk.home.hub.store.apps.holder(offline["access_token"]) is not None


# --- registering --------------------------------------------------------------------------------------------------------------------------


def test_administrators_register_and_remove_apps_and_nobody_else(desk: Desk) -> None:
    from baton.duties.team import staff
    from baton.web import django as shell

    hub = desk.home.hub
    with hub.store.change(baton_app.HUB, because="an administrator") as change:
        ada = staff.add(change, email="ada@example.org", role="administrator", team=None, name="Ada Okafor")
    shell.set_password(hub, email="ada@example.org", practitioner=ada, password="correct horse battery")
    browser = client(desk.home, email=None)
    browser.post("/sign-in", {"login": "ada@example.org", "password": "correct horse battery"})
    form = {
        "app-name": "Labs",
        "app-kind": "confidential",
        "app-scope": "openid patient/Observation.rs",
        "app-redirects": "https://labs.example/back",
    }
    wrong = browser.post("/apps/add", {**form, "app-redirects": "http://labs.example/back"})
    assert wrong.status_code == 422 and b"is no address" in wrong.content
    wrong = browser.post("/apps/add", {**form, "app-jwks": "{"})
    assert wrong.status_code == 422 and b"not JSON" in wrong.content
    made = browser.post("/apps/add", form)
    assert made.status_code == 200 and b"Labs is registered" in made.content
    secret = re.findall(r'<code class="secret">([^<]+)', made.content.decode())[0]
    app = next(each for each in hub.store.apps.all() if each.name == "Labs")
    assert app.has_secret(secret)
    assert secret.encode() not in browser.get("/apps").content
    again = re.findall(r'<code class="secret">([^<]+)', browser.post(f"/apps/{app.id}/secret").content.decode())[0]
    renewed = hub.store.apps.get(app.id)
    assert renewed and renewed.has_secret(again) and not renewed.has_secret(secret)
    carla = client(desk.home)
    for act in (lambda: carla.get("/apps"), lambda: carla.post(f"/apps/{app.id}/remove"), lambda: carla.post("/apps/add", form)):
        assert act().status_code in (302, 403)
    assert hub.store.apps.get(app.id) is not None
    assert browser.post(f"/apps/{app.id}/remove").status_code == 302
    assert hub.store.apps.get(app.id) is None
