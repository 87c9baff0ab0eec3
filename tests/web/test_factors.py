"""Second factors, stepping up, lockout and its end, sessions ended from elsewhere: by HTTP, against the real tables."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.pages import PASSWORD, House, client

from baton.app import HUB
from baton.smart.registration import register
from baton.web import django as shell


@pytest.fixture(autouse=True)
def _afresh(home: House) -> Iterator[None]:
    client(home, None)
    from allauth.mfa.models import Authenticator
    from django.core.cache import cache

    cache.clear()
    yield
    Authenticator.objects.all().delete()


def sign_in(home: House, email: str = "carla@example.org", password: str = PASSWORD, **more: Any) -> Any:
    browser = client(home, None)
    browser.answer = browser.post("/sign-in", {"login": email, "password": password, **more})
    return browser


def code_of(secret: str, steps: int = 0) -> str:
    from allauth.mfa.totp.internal import auth

    return str(auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + steps)))


def with_app(home: House, email: str = "carla@example.org") -> tuple[str, list[str]]:
    """Somebody gets an authenticator app: its secret, and the recovery codes shown once."""
    browser = sign_in(home, email)
    page = browser.get("/account/app").content.decode()
    secret = re.findall(r'class="secret">([A-Z2-7]+)<', page)[0]
    assert '<svg viewBox="0 0' in page and "data:" not in page
    done = browser.post("/account/app", {"code": code_of(secret, -1)})
    assert (done.status_code, done["Location"]) == (302, "/account/codes")
    codes = re.findall(r"<code>(\d{8})</code>", browser.get("/account/codes").content.decode())
    assert len(codes) == 10
    assert not re.findall(r"<code>\d", browser.get("/account/codes").content.decode()), "shown once"
    return secret, codes


def events(home: House, person: str) -> list[tuple[str, int | None]]:
    import psycopg

    with psycopg.connect(home.hub.database.owner_dsn) as connection:
        return connection.execute("select what, outcome from look where who = %s and patients = '{}' order by at, id", [person]).fetchall()


def test_a_code_follows_the_password_and_works_once(home: House) -> None:
    secret, _ = with_app(home)
    browser = sign_in(home, next="/today")
    assert browser.answer["Location"].startswith("/sign-in/code")
    assert browser.get("/today").status_code == 302, "the password alone opens nothing"
    assert b"error" in browser.post("/sign-in/code", {"code": "000000"}).content
    code = code_of(secret)
    assert browser.post("/sign-in/code", {"code": code})["Location"] == "/today"
    assert browser.get("/today").status_code == 200
    again = sign_in(home)
    assert again.post("/sign-in/code", {"code": code}).status_code == 200, "the same code a second time"


def test_a_recovery_code_opens_once(home: House) -> None:
    _, codes = with_app(home)
    browser = sign_in(home)
    assert browser.post("/sign-in/code", {"code": codes[3]}).status_code == 302
    again = sign_in(home)
    assert again.post("/sign-in/code", {"code": codes[3]}).status_code == 200
    assert again.post("/sign-in/code", {"code": codes[4]}).status_code == 302


def test_what_the_database_keeps_of_a_second_factor_opens_nothing(home: House) -> None:
    secret, codes = with_app(home)
    from allauth.mfa.models import Authenticator

    kept = "".join(str(each.data) for each in Authenticator.objects.all())
    assert secret not in kept and not any(code in kept for code in codes)


def test_a_one_time_link_does_not_replace_the_second_factor(home: House) -> None:
    with_app(home)
    link = shell.invite(home.hub, email="carla@example.org", practitioner=home.person["carla@example.org"])
    browser = client(home, None)
    answer = browser.post(link, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert answer["Location"].startswith("/sign-in/code")
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("password", ["password123456", "qwertyqwerty", "111111111111", "carla@example.org", "short", "dragondragon!"])
def test_well_known_passwords_are_refused(home: House, password: str) -> None:
    link = shell.invite(home.hub, email="carla@example.org", practitioner=home.person["carla@example.org"])
    assert client(home, None).post(link, {"new_password1": password, "new_password2": password}).status_code == 200


def test_where_a_second_factor_is_required_everything_waits_for_it(home: House) -> None:
    browser = sign_in(home)
    assert browser.get("/today").status_code == 200
    strict = home.hub.settings.__class__(**{**_as_dict(home), "second_factor": "required"})
    browser.defaults["baton.hub"] = type(home.hub)(strict, home.hub.database, home.hub.store)
    assert browser.get("/today")["Location"] == "/account/second-factor"
    part = browser.get("/today/rows", headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == "/account/second-factor"
    page = browser.get("/account/second-factor").content
    assert b"/account/passkeys/add" in page and b"/account/app" in page
    secret = re.findall(r'class="secret">([A-Z2-7]+)<', browser.get("/account/app").content.decode())[0]
    browser.post("/account/app", {"code": code_of(secret)})
    assert browser.get("/today").status_code == 200


def _as_dict(home: House) -> dict[str, str]:
    from dataclasses import fields

    return {field.name: getattr(home.hub.settings, field.name) for field in fields(home.hub.settings)}


# --- stepping up ------------------------------------------------------------------------------------------------------------------


def stale(browser: Any) -> Any:
    """As if the sign-in were an hour ago."""
    session = browser.session
    session["account_authentication_methods"] = [{**each, "at": each["at"] - 3600} for each in session["account_authentication_methods"]]
    session.save()
    return browser


def test_a_sensitive_act_asks_again_and_then_goes_on(home: House) -> None:
    from django.http import HttpResponse
    from django.test import RequestFactory

    from baton.web import gate

    seen: list[Any] = []

    @gate.stepped_up
    def act(request: Any) -> HttpResponse:
        seen.append(request.POST.get("reason"))
        return HttpResponse("done")

    browser = sign_in(home)
    request = RequestFactory().post("/act", {"reason": "because"})
    from django.contrib.auth import get_user

    request.session = browser.session
    request.user = get_user(request)
    request.hub, request.who = home.hub, home.hub.store.who(home.person["carla@example.org"], entrance="desk")
    assert act(request).status_code == 200 and seen == ["because"]
    request.session = stale(browser).session
    from allauth.core.exceptions import ReauthenticationRequired

    with pytest.raises(ReauthenticationRequired):
        act(request)
    assert seen == ["because"]


def test_confirming_with_the_password_is_recorded(home: House) -> None:
    browser = stale(sign_in(home))
    answer = browser.get("/account/app")
    assert answer["Location"] == "/account/reauthenticate?next=%2Faccount%2Fapp"
    assert browser.post(answer["Location"], {"password": "not the password"}).status_code == 200
    assert browser.post(answer["Location"], {"password": PASSWORD, "next": "/account/app"})["Location"] == "/account/app"
    assert browser.get("/account/app").status_code == 200
    told = events(home, home.person["carla@example.org"])
    assert ("step-up", 8) in told and ("step-up", None) in told and ("sign-in", None) in told


# --- lockout, sessions ------------------------------------------------------------------------------------------------------------


def test_a_locked_account_says_so_and_an_administrator_unlocks_it(home: House) -> None:
    for _ in range(5):
        sign_in(home, "sam@example.org", "not the password")
    locked = sign_in(home, "sam@example.org")
    assert locked.answer.status_code == 200 and b"locked for five minutes" in locked.answer.content
    assert ("lockout", 4) in events(home, home.person["sam@example.org"])
    from baton.web import accounts

    request = locked.answer.wsgi_request
    account = accounts.of(home.person["sam@example.org"])
    assert account is not None and accounts.locked(request, account)
    accounts.unlock(request, account)
    assert not accounts.locked(request, account)
    assert sign_in(home, "sam@example.org").answer.status_code == 302


@pytest.mark.parametrize("way", ["one", "all others", "closed"])
def test_what_apps_see_online_ends_with_a_session_ended_from_elsewhere(home: House, way: str) -> None:
    from baton.web import accounts

    apps, carla = home.hub.store.apps, home.person["carla@example.org"]
    app, _ = register(home.hub.store, HUB, name="Heart app", kind="public", scope="user/*.rs", redirects=("https://app.example/back",))
    here, there = sign_in(home), sign_in(home)
    account = accounts.of(carla)
    assert account is not None

    def let(session: str) -> int:
        hour, code = timedelta(hours=1), secrets.token_urlsafe()
        made = apps.permit(app=app.id, person=carla, patient=None, scope="user/*.rs", lives=hour, session=session, code=code)
        assert apps.use_code(made.id)
        return made.id

    let_here, let_there, offline = (let(session) for session in (here.session.session_key, there.session.session_key, ""))

    def seeing() -> set[int]:
        return {let_here, let_there, offline} & {each[0] for each in apps.permissions(carla)}

    assert seeing() == {let_here, let_there, offline}
    if way == "one":
        number = next(each.pk for each in accounts.sessions(account) if each.session_key == there.session.session_key)
        assert here.post(f"/account/devices/{number}/end").status_code == 302
    elif way == "all others":
        assert here.post("/account/devices/others/end").status_code == 302
    else:
        shell.close(home.hub, practitioner=carla)
        account.is_active = True
        account.save()
    assert there.get("/today").status_code == 302
    assert seeing() == ({offline} if way == "closed" else {let_here, offline})


def test_wrong_codes_lock_too(home: House) -> None:
    _, codes = with_app(home)
    browser = sign_in(home)
    for _ in range(5):
        browser.post("/sign-in/code", {"code": "000000"})
    assert browser.post("/sign-in/code", {"code": codes[0]}).status_code == 200


def test_sessions_end_from_elsewhere_and_a_closed_account_at_once(home: House) -> None:
    from baton.web import accounts

    here, there = sign_in(home), sign_in(home)
    account = accounts.of(home.person["carla@example.org"])
    assert account is not None and len(accounts.sessions(account)) >= 2
    accounts.end_sessions(account, apps=home.hub.store.apps, but=here.session.session_key)
    assert (here.get("/today").status_code, there.get("/today").status_code) == (200, 302)
    accounts.close(account, apps=home.hub.store.apps)
    try:
        assert here.get("/today").status_code == 302
        assert sign_in(home).answer["Location"] == "/sign-in/inactive"
    finally:
        account.is_active = True
        account.save()


def test_a_new_password_ends_the_other_sessions(home: House) -> None:
    here, there = sign_in(home), sign_in(home)
    new = "quite another set of words"
    assert here.post("/account/password", {"oldpassword": PASSWORD, "password1": new, "password2": new}).status_code == 302
    assert (here.get("/today").status_code, there.get("/today").status_code) == (200, 302)
    shell.set_password(home.hub, email="carla@example.org", practitioner=home.person["carla@example.org"], password=PASSWORD)


def test_no_passkey_of_another_opens_an_account(home: House) -> None:
    browser = client(home, None)
    options = browser.get("/sign-in/passkey", headers={"Accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["userVerification"] == "required"
    made_up = '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}'
    answer = browser.post("/sign-in/passkey", {"credential": made_up})
    assert answer["Location"] == "/sign-in"
    assert "_auth_user_id" not in browser.session


def test_what_happens_to_an_account_is_recorded_without_what_was_typed(home: House) -> None:
    person = home.person["sue@example.org"]
    sign_in(home, "sue@example.org", "my secret cat")
    browser = sign_in(home, "sue@example.org")
    browser.post("/sign-out")
    told = events(home, person)
    assert told[-3:] == [("sign-in", 8), ("sign-in", None), ("sign-out", None)]
    import psycopg

    with psycopg.connect(home.hub.database.owner_dsn) as connection:
        whole = str(connection.execute("select * from look").fetchall())
    assert "cat" not in whole


def test_single_sign_on_that_asserts_several_factors_is_not_asked_for_another() -> None:
    from types import SimpleNamespace

    from baton.web import stages

    def came(amr: list[str] | None) -> dict[str, Any]:
        data = {"id_token": {"sub": "1", **({"amr": amr} if amr is not None else {})}}
        return {"sociallogin": SimpleNamespace(account=SimpleNamespace(extra_data=data))}

    assert stages.asserted(came(["pwd", "mfa"]))
    assert not any(stages.asserted(told) for told in (came(["pwd", "otp"]), came([]), came(None), {}, None))
