"""Accounts: signing in, one-time links, lockout, sessions that end, and who may come in."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from tests.pages import PASSWORD, House, client

from baton.store.apps import App
from baton.web import django as shell
from baton.web import options


@pytest.fixture(autouse=True)
def _no_failed_tries(home: House) -> None:
    client(home, None)
    from django.core.cache import cache

    cache.clear()


def sign_in(browser: Any, email: str = "carla@example.org", password: str = PASSWORD, **more: Any) -> Any:
    return browser.post("/sign-in", {"login": email, "password": password, **more})


def test_the_right_password_opens_the_way_back(home: House) -> None:
    answer = sign_in(client(home, None), next="/today?state=late")
    assert (answer.status_code, answer["Location"]) == (302, "/today?state=late")


def test_a_way_back_leads_only_into_our_own_pages(home: House) -> None:
    assert sign_in(client(home, None), next="https://evil.example/")["Location"] == "/"


def test_a_wrong_password_and_an_unknown_person_look_alike(home: House) -> None:
    browser = client(home, None)
    texts = [sign_in(browser, email, "not the password").content for email in ("carla@example.org", "who@example.org")]
    errors = [re.findall(rb'class="error">([^<]+)', text) for text in texts]
    assert errors[0] == errors[1] != []


def test_five_failures_lock_the_address_out_also_in_another_process(home: House) -> None:
    for _ in range(5):
        sign_in(client(home, None), "sam@example.org", "not the password")
    assert sign_in(client(home, None), "sam@example.org").status_code == 200
    from django.core.cache import caches

    assert type(caches["default"]).__name__ == "DatabaseCache"
    assert sign_in(client(home, None), "sue@example.org").status_code == 302, "the others still come in"


def test_passwords_are_kept_as_argon2id_at_its_real_cost(home: House, real_hashing: None) -> None:
    client(home, None)
    from baton.web import accounts
    from baton.web.models import Account

    accounts.share_password({"sue@example.org": home.person["sue@example.org"]}, PASSWORD)
    kind, memory = r"argon2\$argon2id\$v=19\$", r"m=(\d{5,}),t=[2-9],p="
    kept = re.match(kind + memory, Account.objects.get(email="sue@example.org").password)
    assert kept and int(kept[1]) >= 64 * 1024, "64 MiB at least: no cheaper to try than OWASP has it"


def test_signed_out_people_are_sent_to_sign_in_and_back(home: House) -> None:
    answer = client(home, None).get("/today?state=late")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Ftoday%3Fstate%3Dlate")


def test_a_part_of_a_page_sends_its_whole_page_to_sign_in(home: House) -> None:
    answer = client(home, None).get("/today/rows", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/today?task=1"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/sign-in?next=%2Ftoday%3Ftask%3D1")


def test_somebody_without_a_role_is_told_so(home: House) -> None:
    answer = client(home, "nobody@example.org").get("/today")
    assert answer.status_code == 403
    assert b"have no role here" in answer.content


def test_a_one_time_link_sets_a_password_once(home: House) -> None:
    link = shell.invite(home.hub, email="New@Example.org", practitioner=home.person["carla@example.org"])
    browser = client(home, None)
    assert b"new@example.org" in browser.get(link).content
    assert b"new@example.org" in browser.get(link).content, "looking uses nothing up"
    short = browser.post(link, {"new_password1": "short", "new_password2": "short"})
    assert short.status_code == 200
    done = browser.post(link, {"new_password1": "a few more words", "new_password2": "a few more words"})
    assert (done.status_code, done["Location"]) == (302, "/")
    assert "_auth_user_id" in browser.session
    assert client(home, None).get(link).status_code == 410
    assert sign_in(client(home, None), "new@example.org", "a few more words").status_code == 302


def test_a_new_link_ends_the_one_before_it_and_only_digests_are_kept(home: House) -> None:
    first, second = (shell.invite(home.hub, email="twice@example.org", practitioner="x") for _ in range(2))
    browser = client(home, None)
    assert (browser.get(first).status_code, browser.get(second).status_code) == (410, 200)
    from baton.web.models import Invitation

    assert second.rpartition("/")[2] not in {invitation.digest for invitation in Invitation.objects.all()}


def test_a_link_grows_old(home: House) -> None:
    link = shell.invite(home.hub, email="late@example.org", practitioner="x")
    client(home, None)
    from baton.web.models import Invitation

    for invitation in Invitation.objects.filter(account__email="late@example.org"):
        invitation.expires -= options.LINK_LIVES + timedelta(minutes=1)
        invitation.save()
    assert client(home, None).get(link).status_code == 410


def test_nobody_signs_up(home: House) -> None:
    browser = client(home, None)
    for path in ("/accounts/signup/", "/signup", "/accounts/password/reset/"):
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize(("field", "limit"), [("used", timedelta(minutes=30)), ("began", timedelta(hours=12))])
def test_sessions_end(home: House, field: str, limit: timedelta) -> None:
    browser = client(home)
    browser.get("/account/password")
    session = browser.session
    session[field] = time.time() - limit.total_seconds() - 1
    session.save()
    answer = browser.get("/account/password")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Faccount%2Fpassword")


def test_a_page_that_refreshes_itself_keeps_no_session_alive(home: House) -> None:
    browser = client(home)
    browser.get("/account/password")
    session = browser.session
    session["used"] = before = time.time() - 600
    session.save()
    browser.get("/account/password", headers={"X-Polling": "idle"})
    assert browser.session["used"] == before
    browser.get("/account/password", headers={"X-Polling": "active"})
    assert browser.session["used"] > before


def test_another_password_ends_other_sessions_and_what_apps_were_let_see_in_them(home: House) -> None:
    here, elsewhere = client(home, None), client(home, None)
    for browser in (here, elsewhere):
        sign_in(browser, "sue@example.org")
    apps = home.hub.store.apps
    apps.add(App("viewer", "Viewer", "public", redirects=("https://viewer.example/",), scope="patient/*.rs"))
    permission = apps.permit(
        app="viewer", person=home.person["sue@example.org"], patient=None, scope="patient/*.rs", lives=timedelta(hours=1),
        session=elsewhere.session.session_key,
    )  # fmt: skip
    token = apps.issue(permission, "patient/*.rs", timedelta(hours=1))
    assert apps.holder(token) is not None
    new = "quite another password"
    answer = here.post("/account/password", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert apps.holder(token) is None, "the app's token ended with the session"
    assert here.get("/today").status_code == 200 and elsewhere.get("/today").status_code == 302
