"""The address at which a provider posts what patients answer: nobody without the secret, nothing told, too many slowed."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.pages import House, client, house

from baton.pace import Pace
from baton.portal import texts
from baton.settings import BadSettingError, Settings
from baton.store.postgres import Database

SECRET = "7b1e0c55a98d4f0d93c2aa17"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data"), text_secret=SECRET) as opened:
        yield opened


def post(home: House, body: dict[str, str], **headers: str) -> Any:
    return client(home, None, REMOTE_ADDR="198.51.100.7").post("/texts", urlencode(body), content_type=FORM, headers=headers)


def basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"baton:{secret}".encode()).decode()


def arrived(home: House) -> int:
    with home.hub.store.view(home.hub.store.who(home.person["sue@example.org"], entrance="desk")) as view:
        return sum(each.get("description") == "A text message" for each in view.find("DocumentReference"))


def test_who_proves_itself_is_taken_and_told_nothing(home: House) -> None:
    said = {"From": "+14015550142", "Body": "Can I come on Friday?", "MessageSid": "SM1"}
    answer = post(home, said, Authorization=basic(SECRET))
    assert (answer.status_code, answer.content) == (204, b"")
    signature = hmac.new(SECRET.encode(), urlencode({**said, "Body": "2"}).encode(), sha256).hexdigest()
    assert post(home, {**said, "Body": "2"}, **{"X-Signature": f"sha256={signature}"}).status_code == 204
    assert arrived(home) == 2


WRONG = {
    "nothing": {},
    "another": {"Authorization": basic("wrong")},
    "garbage": {"Authorization": "Basic ???"},
    "bearer": {"Authorization": f"Bearer {SECRET}"},
    "signature": {"X-Signature": "0" * 64},
    "letters": {"X-Signature": "ü"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_nobody_else_is(home: House, headers: dict[str, str]) -> None:
    before = arrived(home)
    assert post(home, {"From": "+14015550142", "Body": "1"}, **headers).status_code == 401
    assert arrived(home) == before


def test_a_signature_is_of_this_body_alone(home: House) -> None:
    signature = hmac.new(SECRET.encode(), urlencode({"From": "1", "Body": "1"}).encode(), sha256).hexdigest()
    assert post(home, {"From": "1", "Body": "2"}, **{"X-Signature": signature}).status_code == 401


def test_what_is_no_text_is_refused(home: House) -> None:
    assert post(home, {"Body": "1"}, Authorization=basic(SECRET)).status_code == 400
    assert post(home, {"From": "1", "Body": "1" * 20_000}, Authorization=basic(SECRET)).status_code == 413
    assert client(home, None).get("/texts").status_code == 405


def test_too_many_are_slowed(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "PACE", Pace(0.1, lambda: 100.0))
    said = {"From": "+14015550142", "Body": "1"}
    assert [post(home, said, Authorization=basic(SECRET)).status_code for _ in range(2)] == [204, 429]


def test_without_the_setting_there_is_no_such_address(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "text_secret", "", raising=False)
    assert post(home, {"From": "1", "Body": "1"}, Authorization=basic("")).status_code == 404


def test_a_short_or_guessable_secret_is_refused() -> None:
    with pytest.raises(BadSettingError, match="24 characters"):
        Settings.read({}, text_secret="short")
    strong = {"environment": "production", "secret_key": "9f2c7be1d4a86350f1e2b7c8d9a04e6f", "https": "1", "hosts": "hub.example.org"}
    with pytest.raises(BadSettingError, match="BATON_TEXT_SECRET can be guessed"):
        Settings.read({}, text_secret="secretsecretsecretsecret", **strong)
