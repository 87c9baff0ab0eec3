"""Second factors in a real browser: passkeys (Chromium's virtual authenticator), an authenticator app, recovery codes, stepping up."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import PASSWORD, House, client, served

from baton import app
from baton.duties.team import staff
from baton.web import django as shell


@pytest.fixture(scope="module")
def site(home: House) -> Iterator[str]:
    """By name: a passkey belongs to a host name, and a number is none."""
    with served(home) as address:
        yield address.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module", autouse=True)
def _folk(home: House) -> None:
    for email, role, name in (("ana@example.org", "coordinator", "Ana Paz"), ("dana@example.org", "administrator", "Dana Roth")):
        with home.hub.store.change(app.HUB, because="Add a person") as change:
            home.person[email] = staff.add(change, email=email, role=role, team="Heart & Vascular", name=name)
            if role == "coordinator":
                staff.enter_licence(change, person=home.person[email], code="RN", number="RN52001", issuer="Department of Health")
        shell.set_password(home.hub, email=email, practitioner=home.person[email], password=PASSWORD)


@pytest.fixture(autouse=True)
def _afresh(home: House) -> None:
    client(home, None)
    from allauth.mfa.models import Authenticator
    from django.core.cache import cache

    cache.clear()
    Authenticator.objects.all().delete()


def with_authenticator(page: Page) -> Any:
    """The browser gets a finger to touch."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.id = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return session


def sign_out(page: Page) -> None:
    page.locator(".me summary").click()
    page.locator(".me").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in*")


def test_a_passkey_is_made_and_then_opens_the_door_alone(visit: Visit, seen: Seen) -> None:
    page = visit("/account")
    touch = with_authenticator(page)
    page.get_by_role("link", name="Add a passkey").click()
    seen(page, "passkey-add")
    page.get_by_label("What you call it").fill("work laptop")
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/account/codes")
    expect(page.locator(".codes code")).to_have_count(10)
    seen(page, "recovery-codes")
    page.goto("/account")
    expect(page.get_by_text("work laptop").first).to_be_visible()
    seen(page, "account-with-passkey")
    sign_out(page)
    page.goto("/sign-in?next=/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/account")
    sign_out(page)
    touch.send("WebAuthn.setUserVerified", {"authenticatorId": touch.id, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_the_passkey_also_follows_the_password_and_is_taken_away(visit: Visit, seen: Seen) -> None:
    page = visit("/account", email="ana@example.org")
    with_authenticator(page)
    page.goto("/account/passkeys/add")
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/account/codes")
    page.goto("/account")
    sign_out(page)
    page.get_by_label("E-mail").fill("ana@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code*")
    seen(page, "one-more-step")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/today")
    page.goto("/account")
    page.get_by_role("link", name=re.compile("^Remove")).first.click()
    seen(page, "passkey-remove")
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url("**/account*")
    expect(page.get_by_text("quicker, and safe from false pages")).to_be_visible()


def test_an_authenticator_app_and_a_recovery_code(visit: Visit, seen: Seen) -> None:
    from allauth.mfa.totp.internal import auth

    page = visit("/account")
    page.get_by_role("link", name="Set it up").click()
    page.get_by_text("The camera does not work?").click()
    seen(page, "authenticator-app")
    secret = page.locator(".secret").inner_text()
    page.get_by_label("Code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator(".error")).to_be_visible()
    assert page.locator(".secret").text_content() == secret, "the same picture after a slip"
    page.get_by_label("Code").fill(auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30)))
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/codes")
    code = page.locator(".codes code").first.inner_text()
    page.goto("/account")
    sign_out(page)
    for time_ in range(2):
        page.goto("/sign-in?next=/account")
        page.get_by_label("E-mail").fill("carla@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/sign-in/code*")
        page.get_by_label("Code of your authenticator app").fill(code)
        page.keyboard.press("Enter")
        if time_ == 0:
            page.wait_for_url("**/account")
            expect(page.get_by_text("9 left")).to_be_visible()
            sign_out(page)
    expect(page.locator("#id_code_error")).to_be_visible()
    seen(page, "recovery-code-used-twice")


def test_signing_out_everywhere_else_ends_the_other_device(visit: Visit) -> None:
    here, there = visit("/account"), visit("/today")
    here.reload()
    here.get_by_role("button", name="Sign out everywhere else").click()
    expect(here.get_by_text("Every other device is signed out.")).to_be_visible()
    there.reload()
    there.wait_for_url("**/sign-in*")


def test_an_administrator_adds_somebody_and_is_asked_again_when_it_is_a_while_ago(visit: Visit, seen: Seen, home: House) -> None:
    page = visit("/people", email="dana@example.org")
    from django.contrib.sessions.models import Session

    for session in Session.objects.all():
        data = session.get_decoded()
        records = data.get("account_authentication_methods")
        if records:
            data["account_authentication_methods"] = [{**each, "at": each["at"] - 3600} for each in records]
            session.session_data = Session.get_session_store_class()().encode(data)
            session.save()
    page.get_by_label("Name").fill("Nora Ray")
    page.get_by_label("E-mail").fill("nora@example.org")
    page.get_by_label("Role").select_option("pharmacist")
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it is you")
    seen(page, "step-up")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#one-time-link")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nora Ray")
    seen(page, "person-invited")


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_as_they_look(visit: Visit, seen: Seen, home: House, look: str) -> None:
    page = visit("/people", email="dana@example.org", **LOOKS[look])
    seen(page, f"people-{look}")
    page.goto(f"/people/{home.person['ana@example.org'].partition('/')[2]}")
    for summary in page.locator("details.fold > summary").all():
        summary.click()
    seen(page, f"person-{look}")
    page.goto("/teams")
    seen(page, f"teams-{look}")
    page.goto("/account")
    seen(page, f"account-{look}")
    page.goto("/account/passkeys/add")
    seen(page, f"passkey-{look}")
    page.goto("/account/app")
    seen(page, f"app-{look}")


def test_where_it_is_required_nothing_opens_before_it(visit: Visit, seen: Seen, home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(home.hub.settings), "second_factor_required", True)
    page = visit("/today")
    page.wait_for_url("**/account/second-factor")
    seen(page, "second-factor")
    with_authenticator(page)
    page.get_by_role("link", name="A passkey").click()
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/account/codes")
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/today")
