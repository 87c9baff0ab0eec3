"""Single sign-on against a real OpenID provider, in a process of its own: who is let in, who is not, and what counts as a second factor."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.journeys import provider
from tests.journeys.looks import Seen, Visit
from tests.pages import House, client, house, served

from baton.store.postgres import Database

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[House]:
    """A house that knows the provider."""
    sign_on = {
        "oidc_issuer": f"http://127.0.0.1:{port}",
        "oidc_client": provider.CLIENT,
        "oidc_secret": provider.SECRET,
        "oidc_name": "Mercy Health",
    }
    with house(module_database, tmp_path_factory.mktemp("data"), **sign_on) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(home: House, port: int) -> Iterator[str]:
    """The pages at localhost; the provider beside them at 127.0.0.1, so that neither sees the other's cookies."""
    with served(home) as address:
        address = address.replace("127.0.0.1", "localhost")
        command = [sys.executable, "-m", "tests.journeys.provider", str(port), f"{address}/sign-in/sso/back"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout and process.stdout.readline() == "ready\n"
            yield address
        finally:
            process.terminate()
            process.wait()
            process.stdout and process.stdout.close()


def through(page: Page, name: str) -> None:
    """By the button, and then as somebody at the provider."""
    page.get_by_role("link", name="Sign in with Mercy Health").click()
    page.wait_for_url("**/accounts/login/**")
    page.locator("#id_login").fill(name)
    page.locator("#id_password").fill(provider.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("localhost"))


def accounts() -> int:
    from baton.web.models import Account

    return Account.objects.count()


def test_somebody_who_was_added_comes_in_by_a_verified_address_where_they_wanted_to_go(visit: Visit, seen: Seen) -> None:
    page = visit("/sign-in?next=/account", email=None)
    seen(page, "sign-in-sso")
    through(page, "carla")
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    page.locator(".me summary").click()
    page.locator(".me").get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in with Mercy Health").click()
    page.wait_for_url("**/today")


@pytest.mark.parametrize(("name", "said"), [("stranger", "has been added to Baton"), ("impostor", "does not vouch for your e-mail")])
def test_nobody_else_does_and_no_account_is_made(visit: Visit, seen: Seen, home: House, name: str, said: str) -> None:
    client(home, None)
    before = accounts()
    page = visit("/sign-in", email=None)
    through(page, name)
    expect(page.get_by_role("heading", level=1)).to_have_text("You have not been added here")
    expect(page.get_by_text(said)).to_be_visible()
    seen(page, f"sso-{name}")
    page.goto("/today")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert accounts() == before


def test_where_a_second_factor_is_required_the_providers_word_counts_when_it_gives_it(
    visit: Visit, home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(home.hub.settings), "second_factor_required", True)
    page = visit("/sign-in", email=None)
    through(page, "sue")
    page.wait_for_url("**/today")
    page = visit("/sign-in", email=None)
    through(page, "carla")
    page.wait_for_url("**/account/second-factor")


def test_a_sign_in_that_was_stopped_or_made_up_is_none(visit: Visit, seen: Seen) -> None:
    page = visit("/sign-in/sso/back?code=made-up&state=made-up", email=None)
    expect(page.get_by_role("heading", level=1)).to_have_text("Single sign-on did not work")
    seen(page, "sso-error")
    page.goto("/today")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_whoever_has_no_password_here_steps_up_at_the_provider(visit: Visit, seen: Seen, home: House) -> None:
    client(home, None)
    from django.contrib.sessions.models import Session

    from baton.web.models import Account

    account = Account.objects.get(email="sue@example.org")
    account.set_unusable_password()
    account.save()
    page = visit("/sign-in?next=/teams", email=None)
    through(page, "sue")
    page.wait_for_url("**/teams")
    for session in Session.objects.all():
        data = session.get_decoded()
        records = data.get("account_authentication_methods", [])
        data["account_authentication_methods"] = [{**each, "at": each["at"] - 3600} for each in records]
        session.session_data = Session.get_session_store_class()().encode(data)
        session.save()
    page.locator("#team-name").fill("Night team")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it is you")
    seen(page, "step-up-sso")
    page.get_by_role("link", name="Sign in with Mercy Health").click()
    page.wait_for_url(re.compile(r"accounts/(login|reauthenticate)|/teams"))
    if "/teams" not in page.url:
        page.locator("input[type=password]").fill(provider.PASSWORD)
        if page.locator("#id_login").count():
            page.locator("#id_login").fill("sue")
        page.keyboard.press("Enter")
    page.wait_for_url("**/teams")
    expect(page.get_by_role("link", name="Night team")).to_have_count(0)
    page.locator("#team-name").fill("Night team")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("link", name="Night team")).to_be_visible()
