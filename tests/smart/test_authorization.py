"""OAuth 2 as SMART App Launch 2.2 asks for it: each rule, and each way around it that must not work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from tests.smart.flow import BACK, BASE, ORIGIN, Flow, make

from baton.smart.request import JWKS, TOKEN
from baton.store.postgres import Database


def error_of(answer: Any) -> str:
    assert answer.status in (400, 401), answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    found: str = answer.json["error"]
    return found


def test_a_public_app_gets_tokens_for_one_patient_and_reads_with_them(flow: Flow) -> None:
    app, secret = flow.app()
    assert secret is None
    back, verifier = flow.authorize(app, "launch/patient openid fhirUser patient/*.rs", nonce="n-1")
    assert back["state"] == "the state"
    answer = flow.exchange(app, back["code"], verifier)
    token = answer.json
    assert answer.headers["cache-control"] == "no-store"
    assert token["token_type"] == "Bearer" and token["expires_in"] == 3600
    assert token["patient"] == "zofia" and token["need_patient_banner"] is True
    assert token["scope"] == "launch/patient openid fhirUser patient/*.rs"
    assert "refresh_token" not in token
    assert flow.fhir(token["access_token"], "Patient/zofia").json["id"] == "zofia"
    assert flow.fhir(token["access_token"], "Patient/maia").status == 404
    assert flow.fhir(token["access_token"], "Observation?_summary=count").json["total"] == 2


def test_the_id_token_says_who_and_is_proved_by_our_keys(flow: Flow) -> None:
    app, _ = flow.app()
    token = flow.tokens(app, "openid fhirUser profile launch/patient patient/Patient.r", nonce="n-2")
    keys = KeySet.import_key_set(flow.call("GET", JWKS).json)
    assert all("d" not in key for key in flow.call("GET", JWKS).json["keys"])
    claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["iss"] == BASE and claims["aud"] == app.id and claims["nonce"] == "n-2"
    assert claims["fhirUser"] == f"{BASE}/Practitioner/ana" and claims["sub"] == "ana" and claims["name"] == "Test Ana"
    old = flow.server.keys.signing()[0].kid
    new = flow.server.keys.rotate("ES256")
    again = flow.tokens(app, "openid launch/patient patient/Patient.r")["id_token"]
    both = KeySet.import_key_set(flow.call("GET", JWKS).json)
    assert {key.kid for key in both.keys} == {old, new}
    assert jwt.decode(again, both, algorithms=["ES256"]).header["kid"] == new
    assert jwt.decode(token["id_token"], both, algorithms=["RS256"]).claims["sub"] == "ana", "what the old key signed still holds"
    assert "name" not in jwt.decode(again, both, algorithms=["ES256"]).claims


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://elsewhere.example/fhir/R4"}, "invalid_request"),
        ({"aud": ORIGIN}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "system/*.rs"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"scope": "launch patient/*.rs"}, "invalid_request"),
        ({"scope": "launch patient/*.rs", "launch": "made-up"}, "invalid_request"),
        ({"prompt": "none"}, "interaction_required"),
    ],
)
def test_a_request_that_is_not_sound_goes_back_to_the_app_without_a_code(flow: Flow, changes: dict[str, Any], error: str) -> None:
    app, _ = flow.app()
    back, _ = flow.authorize(app, **{"scope": "launch/patient patient/*.rs", **changes})
    assert back["error"] == error and "code" not in back
    if changes.get("state", "") is not None:
        assert back["state"] == "the state"


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://127.0.0.1:9000/other"},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": None},
        {"client_id": "app-none"},
        {"redirect_uri": 'http://x"y'},
    ],
)
def test_nobody_is_sent_to_an_address_that_was_not_registered(flow: Flow, changes: dict[str, Any]) -> None:
    app, _ = flow.app()
    with pytest.raises(AssertionError, match="error"):  # refused here: there is nowhere to send it to
        flow.authorize(app, "patient/*.rs", **changes)


def test_the_verifier_must_fit(flow: Flow) -> None:
    app, _ = flow.app()
    back, verifier = flow.authorize(app, "launch/patient patient/*.rs")
    assert error_of(flow.exchange(app, back["code"], None)) == "invalid_request"
    assert error_of(flow.exchange(app, back["code"], "x" * 50)) == "invalid_grant"
    assert flow.exchange(app, back["code"], verifier).status == 200


def test_confidential_apps_need_pkce_too(flow: Flow) -> None:
    app, secret = flow.app(kind="confidential")
    back, _ = flow.authorize(app, "launch/patient patient/*.rs")
    assert error_of(flow.exchange(app, back["code"], None, secret)) == "invalid_request"


def test_a_code_serves_its_app_its_address_and_a_short_time(flow: Flow) -> None:
    app, _ = flow.app()
    other, _ = flow.app(name="Other")
    back, verifier = flow.authorize(app, "launch/patient patient/*.rs")
    assert error_of(flow.exchange(other, back["code"], verifier)) == "invalid_grant"
    assert error_of(flow.exchange(app, back["code"], verifier, redirect_uri="http://127.0.0.1:9000/other")) == "invalid_grant"
    assert error_of(flow.exchange(app, "made-up", verifier)) == "invalid_grant"
    flow.clock.move(minutes=3)
    assert error_of(flow.exchange(app, back["code"], verifier)) == "invalid_grant"


def test_a_code_used_twice_ends_what_it_gave(flow: Flow) -> None:
    app, _ = flow.app()
    back, verifier = flow.authorize(app, "launch/patient patient/*.rs offline_access")
    token = flow.exchange(app, back["code"], verifier).json
    assert error_of(flow.exchange(app, back["code"], verifier)) == "invalid_grant"
    assert flow.store.apps.holder(token["access_token"]) is None
    assert error_of(flow.refresh(app, token["refresh_token"])) == "invalid_grant"


def test_of_many_who_come_with_one_code_at_once_one_gets_tokens_at_most(flow: Flow) -> None:
    app, _ = flow.app()
    back, verifier = flow.authorize(app, "launch/patient patient/*.rs")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: flow.exchange(app, back["code"], verifier), range(4)))
    assert sum(answer.status == 200 for answer in answers) <= 1
    assert all(answer.status in (200, 400) for answer in answers)


def test_refresh_tokens_rotate_and_a_second_use_ends_everything(flow: Flow) -> None:
    app, _ = flow.app()
    first = flow.tokens(app, "launch/patient patient/*.rs openid offline_access")
    second = flow.refresh(app, first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"] and second["patient"] == "zofia" and "id_token" in second
    assert flow.fhir(second["access_token"], "Patient/zofia").status == 200
    assert error_of(flow.refresh(app, first["refresh_token"])) == "invalid_grant"
    assert error_of(flow.refresh(app, second["refresh_token"])) == "invalid_grant"
    assert flow.store.apps.holder(second["access_token"]) is None


def test_an_app_without_a_secret_need_not_name_itself_to_refresh_and_one_with_a_secret_must(flow: Flow) -> None:
    app, _ = flow.app()
    asks = {"grant_type": "refresh_token"}
    token = flow.tokens(app, "launch/patient patient/*.rs offline_access")
    assert flow.post(TOKEN, {**asks, "refresh_token": token["refresh_token"]}).status == 200
    guarded, secret = flow.app(kind="confidential")
    token = flow.tokens(guarded, "launch/patient patient/*.rs offline_access", secret)
    assert error_of(flow.post(TOKEN, {**asks, "refresh_token": token["refresh_token"]})) == "invalid_client"
    assert error_of(flow.post(TOKEN, {**asks, "refresh_token": "made-up"})) == "invalid_client"
    assert error_of(flow.post(TOKEN, asks)) == "invalid_client"


def test_a_refresh_may_narrow_the_scopes_and_never_widen_them(flow: Flow) -> None:
    app, _ = flow.app()
    token = flow.tokens(app, "launch/patient patient/Observation.rs offline_access")
    for wider in ("patient/*.rs", "patient/Observation.cruds", "user/Observation.rs", "openid", "nonsense"):
        assert error_of(flow.refresh(app, token["refresh_token"], scope=wider)) == "invalid_scope"
    narrowed = flow.refresh(app, token["refresh_token"], scope="patient/Observation.r").json
    assert narrowed["scope"] == "patient/Observation.r"
    assert flow.fhir(narrowed["access_token"], "Observation/laboratory-zofia").status == 200
    refused = flow.fhir(narrowed["access_token"], "Observation")
    assert refused.status == 403 and "patient/Observation.s" in refused.json["issue"][0]["diagnostics"]


def test_tokens_end_by_the_clock(flow: Flow) -> None:
    app, _ = flow.app()
    token = flow.tokens(app, "launch/patient patient/*.rs online_access")
    flow.clock.move(minutes=59)
    assert flow.store.apps.holder(token["access_token"]) is not None
    flow.clock.move(minutes=2)
    assert flow.store.apps.holder(token["access_token"]) is None
    renewed = flow.refresh(app, token["refresh_token"]).json
    flow.clock.move(hours=12)
    assert error_of(flow.refresh(app, renewed["refresh_token"])) == "invalid_grant"


def test_what_was_let_online_ends_with_the_session_and_what_was_let_offline_stays(flow: Flow) -> None:
    app, _ = flow.app()
    online = flow.tokens(app, "launch/patient patient/*.rs online_access", session="s1")
    offline = flow.tokens(app, "launch/patient patient/*.rs offline_access", session="s1")
    flow.store.apps.end_session("s1")
    assert error_of(flow.refresh(app, online["refresh_token"])) == "invalid_grant"
    assert flow.refresh(app, offline["refresh_token"]).status == 200


def test_somebody_who_leaves_takes_their_apps_along(database: Database, tmp_path: Any) -> None:
    flow = make(database, tmp_path)
    app, _ = flow.app()
    token = flow.tokens(app, "launch/patient patient/*.rs offline_access")
    with flow.store.change(flow.store.who("Practitioner/ada", entrance="desk"), because="left") as change:  # type: ignore[arg-type]
        change.put({**change.get("PractitionerRole", "ana-role"), "active": False})
    flow.store._known.__init__(2)  # two seconds later
    assert flow.fhir(token["access_token"], "Patient/zofia").status == 401
    assert error_of(flow.refresh(app, token["refresh_token"])) in ("invalid_grant", "invalid_request")
    flow.store.close()


def test_consent_narrows_and_a_client_asks_for_no_more_than_it_was_registered_for(flow: Flow) -> None:
    app, _ = flow.app(scope="launch/patient patient/Observation.rs patient/Condition.rs")
    token = flow.tokens(app, "launch/patient patient/*.cruds openid", granted="launch/patient patient/Observation.s user/*.cruds")
    assert token["scope"] == "launch/patient patient/Observation.s"
    assert "id_token" not in token


def test_scopes_of_version_1_are_understood(flow: Flow) -> None:
    app, _ = flow.app()
    token = flow.tokens(app, "launch/patient patient/Observation.read user/Patient.*")
    assert token["scope"] == "launch/patient patient/Observation.rs user/Patient.cruds"
    assert flow.fhir(token["access_token"], "Patient?_summary=count").json["total"] == 2  # those Ana may see


# --- launches from a patient's page -----------------------------------------------------------------------------------------------


def test_a_launch_serves_its_app_and_its_person_once(flow: Flow) -> None:
    app, _ = flow.app(launch_url="http://127.0.0.1:9000/launch")
    other, _ = flow.app(name="Other")
    launch = flow.store.apps.launch(app.id, "Practitioner/ana", "Patient/maia")
    assert flow.store.apps.waiting(launch, app.id, "Practitioner/ana") == "Patient/maia"
    for wrong, person in ((other, "Practitioner/ana"), (app, "Practitioner/bo")):
        back, _ = flow.authorize(wrong, "launch patient/*.rs", launch=launch, person=person)
        assert back["error"] == "invalid_request"
    token = flow.tokens(app, "launch patient/*.rs", launch=launch, patient="maia")
    assert token["patient"] == "maia"
    back, _ = flow.authorize(app, "launch patient/*.rs", launch=launch)
    assert back["error"] == "invalid_request"
    late = flow.store.apps.launch(app.id, "Practitioner/ana", "Patient/maia")
    flow.clock.move(minutes=11)
    back, _ = flow.authorize(app, "launch patient/*.rs", launch=late)
    assert back["error"] == "invalid_request"


# --- confidential apps --------------------------------------------------------------------------------------------------------------


def test_a_confidential_app_proves_itself_by_header_or_body(flow: Flow) -> None:
    app, secret = flow.app(kind="confidential")
    back, verifier = flow.authorize(app, "launch/patient patient/*.rs offline_access")
    for wrong in ({}, {"client_secret": "guessed"}):
        assert error_of(flow.exchange(app, back["code"], verifier, **wrong)) == "invalid_client"
    answer = flow.exchange(app, back["code"], verifier, "guessed")
    assert answer.status == 401 and "www-authenticate" in answer.headers
    token = flow.exchange(app, back["code"], verifier, secret).json
    assert error_of(flow.refresh(app, token["refresh_token"])) == "invalid_client"
    assert flow.refresh(app, token["refresh_token"], client_secret=secret or "").status == 200


def test_another_apps_refresh_token_is_of_no_use(flow: Flow) -> None:
    app, _ = flow.app()
    other, _ = flow.app(name="Other")
    token = flow.tokens(app, "launch/patient patient/*.rs offline_access")
    assert error_of(flow.refresh(other, token["refresh_token"])) == "invalid_grant"
    assert flow.refresh(app, token["refresh_token"]).status == 200


def test_removing_an_app_ends_its_tokens(flow: Flow) -> None:
    app, _ = flow.app()
    token = flow.tokens(app, "launch/patient patient/*.rs offline_access")
    flow.store.apps.remove(app.id)
    assert flow.store.apps.holder(token["access_token"]) is None
    assert error_of(flow.refresh(app, token["refresh_token"])) == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "ana", "password": "x"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x", "client_id": "app-none"}, "invalid_client"),
        ({"grant_type": "authorization_code", "client_id": "\x00"}, "invalid_request"),
    ],
)
def test_other_ways_to_a_token_there_are_none(flow: Flow, form: dict[str, str], error: str) -> None:
    assert error_of(flow.post(TOKEN, form)) == error


def test_the_token_endpoint_takes_forms_only_and_each_parameter_once(flow: Flow) -> None:
    assert flow.call("GET", TOKEN).status == 405
    assert flow.call("POST", TOKEN, b"{}", CONTENT_TYPE="application/json").status == 415
    twice = flow.call("POST", TOKEN, b"grant_type=a&grant_type=b", CONTENT_TYPE="application/x-www-form-urlencoded")
    assert error_of(twice) == "invalid_request"
    assert flow.post(TOKEN + "?grant_type=refresh_token", {}).status == 400
    assert flow.post(TOKEN, {"grant_type": "x"}, HTTP_HOST="evil.example").status == 400
    assert flow.post(TOKEN, {"grant_type": 'x"\\é'}).status == 400
