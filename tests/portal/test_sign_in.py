"""Into the portal and out of it: what each thing asked at the door is for, and that nothing replaces it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.pages import client
from tests.portal.conftest import BORN, LENA, ROSA, Portal

from baton.duties.contact import guests as duty
from baton.duties.contact import safe_contact
from baton.duties.contact.safe_contact import SafeContact
from baton.store import Invalid


def invited(portal: Portal, person: str, email: str, level: str = "everything") -> tuple[str, str]:
    """An invitation as the desk makes it: its path and the code."""
    client(portal.house, None)
    from baton.web import guests

    portal.let_in(person, level)
    return guests.invite(email, person)


def accepted(portal: Portal, person: str, email: str) -> tuple[Any, list[str]]:
    """A browser that has come in by an invitation, and the codes of its card."""
    path, code = invited(portal, person, email)
    browser = client(portal.house, None)
    assert browser.post(path, {"code": code, **BORN})["Location"] == "/my/keys"
    return browser, card_of(browser)


def card_of(browser: Any) -> list[str]:
    page = browser.post("/my/keys").content.decode()
    return re.findall(r"<li>(\d{8})</li>", page)


def link_for(portal: Portal, email: str) -> str:
    """The link that was put into the newest mail to this address."""
    with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
        rows = connection.execute("select payload from outbox where topic = 'mail' order by id desc").fetchall()
    return next(payload["link"] for (payload,) in rows if payload["to"] == email)


def test_an_invitation_takes_the_code_and_the_birth_date(portal: Portal) -> None:
    path, code = invited(portal, portal.rosa, ROSA)
    browser = client(portal.house, None)
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"code": "00000000", **BORN}).status_code == 403
    assert browser.post(path, {"code": code, **BORN, "year": "1956"}).status_code == 403
    assert browser.post(path, {"code": code, "year": "x"}).status_code == 403
    assert browser.get("/my/")["Location"] == "/my/sign-in", "nobody is in yet"
    assert browser.post(path, {"code": code, **BORN}).status_code == 302
    assert browser.get("/my/keys").status_code == 200
    assert client(portal.house, None).get(path).status_code == 410, "it works once"


def test_after_five_wrong_tries_the_right_ones_are_wrong_too(portal: Portal) -> None:
    path, code = invited(portal, portal.rosa, ROSA)
    browser = client(portal.house, None)
    for _ in range(5):
        browser.post(path, {"code": "12345678", **BORN})
    assert browser.post(path, {"code": code, **BORN}).status_code == 410


def test_a_new_invitation_ends_the_one_before_and_time_ends_both(portal: Portal) -> None:
    first, _ = invited(portal, portal.rosa, ROSA)
    second, code = invited(portal, portal.rosa, ROSA)
    browser = client(portal.house, None)
    assert browser.get(first).status_code == 410
    from django.utils import timezone

    from baton.web.models import WayIn

    WayIn.objects.filter(used=None).update(expires=timezone.now() - timedelta(seconds=1))
    assert browser.post(second, {"code": code, **BORN}).status_code == 410


def test_the_link_alone_opens_nothing(portal: Portal) -> None:
    _, codes = accepted(portal, portal.rosa, ROSA)
    browser = client(portal.house, None)
    assert browser.post("/my/sign-in", {"email": ROSA.upper()}).status_code == 200
    link = link_for(portal, ROSA)
    assert browser.get(link).status_code == 200 and browser.get(link).status_code == 200, "mail programs look"
    assert browser.post(link)["Location"] == "/my/code"
    for page in ("/my/", "/my/keys", "/my/whose"):
        assert browser.get(page)["Location"] == "/my/sign-in", page
    assert browser.post("/my/code", {"code": "11111111"}).status_code == 403
    assert browser.post("/my/code", {"code": codes[0]})["Location"] == "/my/"
    assert browser.get("/my/").status_code == 200
    again = client(portal.house, None)
    assert again.post(link).status_code == 410, "a link works once"
    again.post("/my/sign-in", {"email": ROSA})
    again.post(link_for(portal, ROSA))
    assert again.post("/my/code", {"code": codes[0]}).status_code == 403, "and so does a code"


def test_the_code_alone_opens_nothing(portal: Portal) -> None:
    _, codes = accepted(portal, portal.rosa, ROSA)
    browser = client(portal.house, None)
    assert browser.post("/my/code", {"code": codes[0]})["Location"] == "/my/sign-in"


def test_too_many_codes_and_the_right_one_is_not_heard(portal: Portal) -> None:
    _, codes = accepted(portal, portal.rosa, ROSA)
    for _ in range(2):
        browser = client(portal.house, None)
        browser.post("/my/sign-in", {"email": ROSA})
        browser.post(link_for(portal, ROSA))
        for _ in range(3):
            browser.post("/my/code", {"code": "22222222"})
    assert browser.post("/my/code", {"code": codes[0]}).status_code == 403


def test_the_page_says_the_same_of_an_address_nobody_has(portal: Portal) -> None:
    accepted(portal, portal.rosa, ROSA)
    texts = [
        client(portal.house, None).post("/my/sign-in", {"email": each}).content for each in (ROSA, "who@mail.example", "carla@example.org")
    ]
    strip = [re.sub(rb'value="[A-Za-z0-9]{64}"', b"", each) for each in texts]
    assert strip[0] == strip[1] == strip[2]


def test_no_mail_says_who_or_what(portal: Portal) -> None:
    accepted(portal, portal.rosa, ROSA)
    client(portal.house, None).post("/my/sign-in", {"email": ROSA})
    with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
        payloads = [payload for (payload,) in connection.execute("select payload from outbox where topic = 'mail'").fetchall()]
    mine = [each for each in payloads if each["to"] == ROSA]
    assert mine
    for each in mine:
        said = f"{each['subject']} {each['text']} {each['link']}"
        assert "Rosa" not in said and "Delgado" not in said and portal.rosa.partition("/")[2] not in said
    assert any("enlace" in each["text"] for each in mine), "in her language"


def test_who_asked_for_no_mail_gets_none(portal: Portal) -> None:
    from baton.duties.contact import safe_contact

    accepted(portal, portal.rosa, ROSA)
    with portal.house.change() as change:
        safe_contact.state(change, patient=portal.rosa, asked=safe_contact.SafeContact(avoid=("email",)))
    with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
        ask = "select count(*) from outbox where topic = 'mail'"
        before = connection.execute(ask).fetchone()
        connection.commit()
        assert client(portal.house, None).post("/my/sign-in", {"email": ROSA}).status_code == 200
        assert connection.execute(ask).fetchone() == before
    with portal.house.change() as change:
        safe_contact.withdraw(change, patient=portal.rosa)


def test_addresses_are_nobody_elses(portal: Portal) -> None:
    accepted(portal, portal.rosa, ROSA)
    from baton.web import accounts, guests

    with pytest.raises(Invalid):
        guests.invite(ROSA, portal.omar)
    with pytest.raises(Invalid):
        guests.invite("carla@example.org", portal.omar)
    with pytest.raises(Invalid):
        accounts.invite(ROSA, "Practitioner/x")
    assert guests.invite(ROSA, portal.lena)


def test_a_password_never_lets_a_guest_in(portal: Portal) -> None:
    accepted(portal, portal.rosa, ROSA)
    from baton.web.models import Account

    account = Account.objects.get(email=ROSA)
    assert not account.has_usable_password()
    account.set_password("a very long password indeed")
    account.save()
    browser = client(portal.house, None)
    browser.post("/sign-in", {"login": ROSA, "password": "a very long password indeed"})
    assert browser.get("/my/")["Location"] == "/my/sign-in"
    assert browser.get("/today").status_code == 403


def test_out_everywhere_ends_every_session(portal: Portal) -> None:
    one, codes = accepted(portal, portal.rosa, ROSA)
    other = client(portal.house, None)
    other.post("/my/sign-in", {"email": ROSA})
    other.post(link_for(portal, ROSA))
    other.post("/my/code", {"code": codes[1]})
    assert one.get("/my/").status_code == other.get("/my/").status_code == 200
    assert one.post("/my/out", {"everywhere": "1"})["Location"] == "/my/sign-in"
    assert one.get("/my/").status_code == other.get("/my/").status_code == 302


def test_a_session_nobody_uses_ends(portal: Portal) -> None:
    browser, _ = accepted(portal, portal.rosa, ROSA)
    session = browser.session
    session["used"] -= 21 * 60
    session.save()
    assert browser.get("/my/")["Location"] == "/my/sign-in"


def test_who_is_let_out_is_out_at_once_and_learns_no_more(portal: Portal) -> None:
    consent = portal.let_in(portal.lena)
    browser = portal.browser(portal.lena, LENA)
    assert "Rosa" in browser.get("/my/").content.decode()
    with portal.house.change() as change:
        duty.end(change, consent=consent)
    answer = browser.get("/my/")
    assert answer.status_code == 302 and answer["Location"] == "/my/whose"
    closed = browser.get("/my/whose")
    assert closed.status_code == 403 and b"Rosa" not in closed.content and b"Delgado" not in closed.content


def test_a_guest_has_no_page_of_staff_and_staff_none_of_the_portal(portal: Portal) -> None:
    portal.let_in(portal.rosa)
    guest, carla = portal.browser(portal.rosa, ROSA), client(portal.house)
    for page in (
        "/today",
        "/patients",
        f"/patients/{portal.rosa.partition('/')[2]}",
        "/account",
        "/account/password",
        "/account/passkeys/add",
        "/nowhere",
    ):
        assert guest.get(page).status_code == 403, page
        assert guest.post(page).status_code == 403, page
    assert carla.get("/my/")["Location"] == "/my/sign-in"


def test_another_mailbox_leaves_the_old_one_behind(portal: Portal) -> None:
    old, _ = accepted(portal, portal.rosa, ROSA)
    accepted(portal, portal.rosa, "rosa.new@mail.example")
    assert old.get("/my/")["Location"] == "/my/sign-in"
    with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
        ask = "select count(*) from outbox where topic = 'mail'"
        before = connection.execute(ask).fetchone()
        connection.commit()
        client(portal.house, None).post("/my/sign-in", {"email": ROSA})
        assert connection.execute(ask).fetchone() == before


def test_a_code_is_texted_where_the_patient_allows_it_and_not_too_often(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    from baton.portal import sign_in

    monkeypatch.setattr(sign_in, "is_demo", lambda request: True)  # the page then shows what would have been sent
    with portal.house.change() as change:
        person = change.get(*portal.rosa.split("/"))
        telecom = [{"system": "email", "value": ROSA}, {"system": "phone", "use": "mobile", "value": "(555) 014-2291"}]
        change.put({**person, "telecom": telecom})
    accepted(portal, portal.rosa, ROSA)
    browser = client(portal.house, None)
    shown = browser.post("/my/sign-in", {"email": ROSA}).content.decode()
    browser.post(re.findall(r'href="(/my/in/[^"]+)"', shown)[0])
    page = browser.post("/my/code", {"text": "1"}).content.decode()
    assert "91" in page
    code = re.findall(r"\b(\d{6})\b", page)[0]
    for _ in range(4):
        again = re.findall(r"\b(\d{6})\b", browser.post("/my/code", {"text": "1"}).content.decode())
        code = again[0] if again else code
    assert not re.findall(r"\b(\d{6})\b", browser.post("/my/code", {"text": "1"}).content.decode()), "five in a quarter of an hour"
    with psycopg.connect(portal.house.hub.database.app_dsn) as connection:
        texts = [payload for (payload,) in connection.execute("select payload from outbox where topic = 'text'").fetchall()]
    assert texts and all(code not in each["text"] and "Rosa" not in each["text"] for each in texts)
    assert browser.post("/my/code", {"code": code})["Location"] == "/my/"
    with portal.house.change() as change:
        from baton.duties.contact import safe_contact

        safe_contact.state(change, patient=portal.rosa, asked=safe_contact.SafeContact(avoid=("sms",)))
    other = client(portal.house, None)
    shown = other.post("/my/sign-in", {"email": ROSA}).content.decode()
    other.post(re.findall(r'href="(/my/in/[^"]+)"', shown)[0])
    assert 'name="text"' not in other.get("/my/code").content.decode()


def test_who_wants_nothing_in_the_portal_has_no_page_there_until_they_want_it_again(portal: Portal) -> None:
    portal.let_in(portal.rosa)
    portal.let_in(portal.lena)
    rosa, lena = portal.browser(portal.rosa, ROSA), portal.browser(portal.lena, LENA)
    assert rosa.get("/my/").status_code == 200
    with portal.house.change() as change:
        safe_contact.state(change, patient=portal.rosa, asked=SafeContact(avoid=("portal",)))
    closed = rosa.get("/my/")
    assert closed.status_code == 302 and closed["Location"] == "/my/whose", "whoever held her telephone is out at once"
    assert lena.get("/my/").status_code == 200, "whom else she let in is for her to end"
    with pytest.raises(Invalid, match="nothing in the portal"):
        portal.let_in(portal.rosa)
    with portal.house.change() as change:
        safe_contact.withdraw(change, patient=portal.rosa)
    portal.let_in(portal.rosa)
    assert portal.browser(portal.rosa, ROSA).get("/my/").status_code == 200
