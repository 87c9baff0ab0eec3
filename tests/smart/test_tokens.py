"""Introspection, revocation, backends that sign, how fast programs may call, and who may call from a browser."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from joserfc.jwk import KeySet, OctKey
from tests.smart.flow import BASE, HUB, Flow, ec, make, rsa, statement

from baton.api.pace import Pace
from baton.outgoing import Allowed, Outgoing
from baton.smart.registration import new_secret, register, remove
from baton.smart.request import TOKEN
from baton.store import Forbidden
from baton.store.postgres import Database
from baton.store.who import Invalid


def error_of(answer: Any) -> str:
    assert answer.status in (400, 401), answer.body
    found: str = answer.json["error"]
    return found


def test_what_an_app_did_is_recorded_as_its_persons_with_the_apps_name(flow: Flow) -> None:
    app, _ = flow.app()
    token = flow.tokens(app, "launch/patient patient/*.cruds")["access_token"]
    flow.fhir(token, "Observation/laboratory-zofia")
    flow.fhir(token, "Observation")
    body = {"resourceType": "Condition", "subject": {"reference": "Patient/zofia"}, "code": {"text": "x"}}
    assert flow.fhir(token, "Condition", "POST", body).status == 201
    looks, changes = (
        flow.store.lines.read(lambda line, table=table, said=said: line.execute(f"select who, {said} from {table}").fetchall())
        for table, said in (("look", "what"), ("change", "because"))
    )
    for what in (f"read Observation/laboratory-zofia through {app.id}", f"search Observation through {app.id}"):
        assert ("Practitioner/ana", what) in looks
    assert ("Practitioner/ana", f"FHIR create Condition through {app.id}") in changes


# --- introspection and revocation ---------------------------------------------------------------------------------------------------


def test_introspection_tells_an_app_of_its_own_tokens_and_a_resource_server_of_all(flow: Flow) -> None:
    app, secret = flow.app(kind="confidential")
    other, other_secret = flow.app(kind="confidential", name="Other")
    watch, watch_secret = flow.app(kind="confidential", name="Watch", introspects=True)
    token = flow.tokens(app, "launch/patient patient/Observation.rs offline_access", secret)
    told = flow.introspect(app, token["access_token"], secret)
    assert told["active"] is True and told["client_id"] == app.id and told["patient"] == "zofia" and told["sub"] == "ana"
    assert told["scope"] == "launch/patient offline_access patient/Observation.rs" and told["exp"] > told["iat"]
    assert flow.introspect(app, token["refresh_token"], secret)["active"] is True
    assert flow.introspect(watch, token["access_token"], watch_secret)["active"] is True
    for stranger, key in ((other, other_secret),):
        assert flow.introspect(stranger, token["access_token"], key) == {"active": False}
    assert flow.introspect(app, "made-up", secret) == {"active": False}
    assert flow.introspect(app, flow.store.issue_token("Practitioner/ana", 60), secret) == {"active": False}, (
        "a person's own token is not OAuth's"
    )
    flow.refresh(app, token["refresh_token"], secret)
    assert flow.introspect(app, token["refresh_token"], secret) == {"active": False}
    flow.clock.move(hours=2)
    assert flow.introspect(app, token["access_token"], secret) == {"active": False}


def test_introspection_is_not_for_apps_without_a_secret(flow: Flow) -> None:
    app, _ = flow.app()
    answer = flow.post("/oauth/introspect", {"token": "x", "client_id": app.id})
    assert error_of(answer) == "invalid_client"


def test_an_access_token_given_back_ends_alone_and_a_refresh_token_with_everything(flow: Flow) -> None:
    app, _ = flow.app()
    first = flow.tokens(app, "launch/patient patient/*.rs offline_access")
    assert flow.revoke(app, first["access_token"]).status == 200
    assert flow.store.apps.holder(first["access_token"]) is None
    second = flow.refresh(app, first["refresh_token"]).json
    assert flow.revoke(app, second["refresh_token"]).status == 200
    assert flow.store.apps.holder(second["access_token"]) is None
    assert error_of(flow.refresh(app, second["refresh_token"])) == "invalid_grant"
    assert flow.revoke(app, "made-up").status == 200


def test_nobody_gives_back_what_is_anothers(flow: Flow) -> None:
    app, _ = flow.app()
    other, _ = flow.app(name="Other")
    token = flow.tokens(app, "launch/patient patient/*.rs")
    assert error_of(flow.revoke(other, token["access_token"])) == "invalid_grant"
    assert flow.store.apps.holder(token["access_token"]) is not None


# --- backends -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make_key", [rsa, ec])
def test_a_backend_signs_and_reads_as_the_person_it_was_registered_as(flow: Flow, make_key: Any) -> None:
    key = make_key()
    app = flow.backend(key, role="supervisor")
    token = flow.as_backend(app, key).json
    assert token["expires_in"] == 300 and token["scope"] == "system/Patient.rs" and "refresh_token" not in token and "patient" not in token
    assert flow.fhir(token["access_token"], "Patient?_summary=count").json["total"] == 3
    assert flow.fhir(token["access_token"], "Observation").status == 403
    of_team_a = flow.backend(key, role="coordinator", team="Team A")
    token = flow.as_backend(of_team_a, key).json
    assert flow.fhir(token["access_token"], "Patient?_summary=count").json["total"] == 2, "its own role and team decide"
    flow.clock.move(minutes=6)
    assert flow.store.apps.holder(token["access_token"]) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"header": {"kid": "another"}},
        {"header": {"kid": None}},
        {"header": {"alg": "RS256"}},
        {"header": {"alg": "PS384"}},
        {"claims": {"exp": int(time.time()) - 60}},
        {"claims": {"exp": int(time.time()) + 86_400}},
        {"claims": {"exp": None}},
        {"claims": {"exp": "soon"}},
        {"claims": {"jti": None}},
        {"claims": {"jti": ""}},
        {"claims": {"aud": BASE}},
        {"claims": {"aud": "https://elsewhere.example/oauth/token"}},
        {"claims": {"aud": None}},
        {"claims": {"iss": "somebody"}},
        {"claims": {"sub": "app-none", "iss": "app-none"}},
        {"claims": {"sub": 5, "iss": 5}},
        {"claims": {"nbf": int(time.time()) + 86_400}},
    ],
)
def test_a_statement_that_does_not_hold_is_refused(flow: Flow, changes: dict[str, Any]) -> None:
    key = rsa()
    app = flow.backend(key)
    assert error_of(flow.as_backend(app, key, **changes)) == "invalid_client"


def test_a_statement_is_taken_once(flow: Flow) -> None:
    key = rsa()
    app, other = flow.backend(key), flow.backend(key)
    once = {"claims": {"jti": "the same"}}
    assert flow.as_backend(app, key, **once).status == 200
    assert error_of(flow.as_backend(app, key, **once)) == "invalid_client"
    assert flow.as_backend(other, key, **once).status == 200, "two apps may think of the same"


def test_another_key_under_the_same_name_and_a_shared_secret_prove_nothing(flow: Flow) -> None:
    key = rsa()
    app = flow.backend(key)
    assert error_of(flow.as_backend(app, rsa())) == "invalid_client"
    shared = OctKey.generate_key(256, {"kid": "one"})
    made = statement(replace(app), rsa(), header=None).split(".")
    forged = ".".join([made[0], made[1], "AAAA"])
    form = {
        "grant_type": "client_credentials",
        "scope": "system/*.rs",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    assert error_of(flow.post(TOKEN, {**form, "client_assertion": forged})) == "invalid_client"
    for nonsense in ("", "a", "a.b.c", "....", shared.kid or ""):
        assert error_of(flow.post(TOKEN, {**form, "client_assertion": nonsense})) == "invalid_client"


@pytest.mark.parametrize("scope", ["", "patient/*.rs", "user/*.rs", "system/*.d", "openid"])
def test_a_backend_asks_for_system_scopes_it_was_registered_with(flow: Flow, scope: str) -> None:
    key = rsa()
    assert error_of(flow.as_backend(flow.backend(key), key, scope)) == "invalid_scope"


def test_a_backend_gets_no_codes_and_an_app_no_credentials_of_its_own(flow: Flow) -> None:
    key = rsa()
    app, secret = flow.app(kind="confidential")
    assert error_of(flow.post(TOKEN, {"grant_type": "client_credentials", "scope": "system/*.rs"}, app, secret)) == "invalid_client"
    signs = flow.app(kind="confidential", jwks=KeySet([key]).as_dict(private=False))[0]
    assert error_of(flow.as_backend(signs, key)) == "unauthorized_client"


def test_a_confidential_app_may_sign_instead_of_telling_a_secret(flow: Flow) -> None:
    key = ec()
    app, secret = flow.app(kind="confidential", jwks=KeySet([key]).as_dict(private=False))
    assert secret is None
    back, verifier = flow.authorize(app, "launch/patient patient/*.rs")
    assert error_of(flow.exchange(app, back["code"], verifier)) == "invalid_client"
    signed = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": statement(app, key)}
    assert flow.exchange(app, back["code"], verifier, **signed).status == 200


class _Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802
        server: Any = self.server
        server.asked += 1
        body = json.dumps(server.jwks).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def published() -> Iterator[Any]:
    """A web server of a backend's, which publishes its keys."""
    server: Any = HTTPServer(("127.0.0.1", 0), _Keys)
    server.jwks, server.asked = {"keys": []}, 0
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_backend_turns_its_keys_over_at_its_own_address(flow: Flow, published: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow.server.client_keys, "outgoing", Outgoing(Allowed.of("127.0.0.1")))
    old, new = rsa("old"), rsa("new")
    published.jwks = KeySet([old]).as_dict(private=False)
    app = flow.backend(old, jwks_uri=f"http://127.0.0.1:{published.server_port}/jwks")
    assert flow.as_backend(app, old).status == 200
    assert flow.as_backend(app, old).status == 200
    assert published.asked == 1, "keys are remembered"
    published.jwks = KeySet([old, new]).as_dict(private=False)
    assert error_of(flow.as_backend(app, new)) == "invalid_client", (
        "not asked again at once: a flood of unknown names is no flood of requests"
    )
    assert published.asked == 1
    monkeypatch.setattr("baton.smart.client.ASK_AGAIN", 0.0)
    assert flow.as_backend(app, new).status == 200
    assert published.asked == 2


def test_keys_are_not_fetched_from_behind_our_own_wall(flow: Flow, published: Any) -> None:
    key = rsa()
    published.jwks = KeySet([key]).as_dict(private=False)
    app = flow.backend(key, jwks_uri=f"http://127.0.0.1:{published.server_port}/jwks")
    assert error_of(flow.as_backend(app, key)) == "invalid_client"
    assert published.asked == 0


# --- registration --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"name": " "}, "name"),
        ({"kind": "other"}, "kind"),
        ({"scope": ""}, "scope"),
        ({"scope": "patient/*.rs nonsense"}, "scope"),
        ({"scope": "system/*.rs"}, "scope"),
        ({"redirects": ()}, "redirect"),
        ({"redirects": ("http://elsewhere.example/back",)}, "redirect"),
        ({"redirects": ("javascript:alert(1)",)}, "redirect"),
        ({"redirects": ("data:text/html,x",)}, "redirect"),
        ({"redirects": ("https://x.example/#part",)}, "redirect"),
        ({"redirects": ("https://user@x.example/",)}, "redirect"),
        ({"redirects": ("https://x.example/\n",)}, "redirect"),
        ({"redirects": ("/back",)}, "redirect"),
        ({"launch_url": "com.example.app:/launch"}, "launch_url"),
        ({"role": "coordinator"}, "role"),
        ({"jwks": {"keys": []}, "kind": "confidential"}, "jwks"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "x"}]}, "kind": "confidential"}, "jwks"),
        ({"kind": "backend", "scope": "system/*.rs", "role": "coordinator", "redirects": ()}, "jwks"),
        ({"kind": "backend", "scope": "patient/*.rs", "role": "coordinator", "redirects": (), "jwks_uri": "https://x.example/"}, "scope"),
        ({"kind": "backend", "scope": "system/*.rs", "role": "system", "redirects": (), "jwks_uri": "https://x.example/"}, "role"),
        ({"kind": "backend", "scope": "system/*.rs", "redirects": (), "jwks_uri": "file:///etc/passwd", "role": "coordinator"}, "jwks_uri"),
    ],
)
def test_an_app_that_makes_no_sense_is_refused_by_the_name_of_the_part(flow: Flow, said: dict[str, Any], named: str) -> None:
    with pytest.raises(Invalid) as refused:
        flow.app(**said)
    assert named in {issue.expression for issue in refused.value.issues}


def test_private_keys_do_not_belong_here(flow: Flow) -> None:
    with pytest.raises(Invalid, match="public"):
        flow.app(kind="confidential", jwks=KeySet([rsa()]).as_dict(private=True))


def test_apps_of_telephones_and_of_this_machine_may_be_sent_back_to(flow: Flow) -> None:
    app, _ = flow.app(redirects=("com.example.app:/back", "http://localhost:5000/back", "https://app.example/back"))
    assert len(app.redirects) == 3


def test_registering_is_for_administrators_and_never_for_apps(flow: Flow) -> None:
    ana, ada = (flow.store.who(f"Practitioner/{each}", entrance="desk") for each in ("ana", "ada"))
    assert ana and ada
    said: dict[str, Any] = {"name": "X", "kind": "public", "scope": "patient/*.rs", "redirects": ("https://x.example/",)}
    app, _ = register(flow.store, ada, **said)
    with pytest.raises(Forbidden):
        register(flow.store, ana, **said)
    with pytest.raises(Forbidden):
        remove(flow.store, ana, app.id)
    token = flow.tokens(flow.app()[0], "user/*.cruds", person="Practitioner/ada", patient=None)
    as_app = flow.store.who_of_token(token["access_token"])
    assert as_app
    with pytest.raises(Forbidden):
        register(flow.store, as_app, **said)
    remove(flow.store, ada, app.id)
    with pytest.raises(Invalid):
        remove(flow.store, ada, app.id)


def test_a_new_secret_replaces_the_old_and_only_hashes_are_kept(flow: Flow) -> None:
    app, secret = flow.app(kind="confidential")
    again = new_secret(flow.store, HUB, app.id)
    assert secret and again != secret
    back, verifier = flow.authorize(app, "launch/patient patient/*.rs")
    assert error_of(flow.exchange(app, back["code"], verifier, secret)) == "invalid_client"
    token = flow.exchange(app, back["code"], verifier, again).json
    kept = flow.store.lines.read(
        lambda line: line.execute(
            "select (select string_agg(c::text, '') from client c) || (select string_agg(t::text, '') from token t)"
        ).fetchone()
    )
    assert kept and not any(each in kept[0] for each in (secret, again, token["access_token"]))


def test_removing_a_backend_takes_its_person_away(flow: Flow) -> None:
    key = rsa()
    app = flow.backend(key)
    assert flow.as_backend(app, key).status == 200
    remove(flow.store, HUB, app.id)
    assert error_of(flow.as_backend(app, key)) == "invalid_client"
    flow.store._known.__init__(2)
    assert app.person and flow.store.who(app.person, entrance="api") is None


# --- what the server says of itself -----------------------------------------------------------------------------------------------------


def test_the_server_says_where_everything_is(flow: Flow) -> None:
    said = flow.call("GET", "/fhir/R4/.well-known/smart-configuration")
    assert said.headers["content-type"] == "application/json"
    smart = said.json
    assert smart["issuer"] == BASE and smart["code_challenge_methods_supported"] == ["S256"]
    assert {"launch-ehr", "launch-standalone", "client-confidential-asymmetric", "permission-v2"} <= set(smart["capabilities"])
    openid = flow.call("GET", "/fhir/R4/.well-known/openid-configuration").json
    assert openid["issuer"] == BASE and openid["jwks_uri"] == smart["jwks_uri"]
    security = flow.call("GET", "/fhir/R4/metadata").json["rest"][0]["security"]
    addresses = {each["url"]: each["valueUri"] for each in security["extension"][0]["extension"]}
    assert addresses["token"] == smart["token_endpoint"] and addresses["authorize"] == smart["authorization_endpoint"]
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR" and security["cors"] is True


# --- browsers ----------------------------------------------------------------------------------------------------------------------------


def test_pages_of_registered_apps_may_call_from_a_browser_and_no_others(flow: Flow) -> None:
    flow.app(redirects=("https://app.example/back",))
    asks = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization"}
    for path in ("/fhir/R4/Patient/zofia", TOKEN):
        allowed = flow.call("OPTIONS", path, HTTP_ORIGIN="https://app.example", **asks)
        assert allowed.status == 204 and allowed.headers["access-control-allow-origin"] == "https://app.example"
        assert "Authorization" in allowed.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in allowed.headers
        strange = flow.call("OPTIONS", path, HTTP_ORIGIN="https://evil.example", **asks)
        assert "access-control-allow-origin" not in strange.headers
    refused = flow.call("GET", "/fhir/R4/Patient/zofia", HTTP_ORIGIN="https://app.example")
    assert refused.status == 401 and refused.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in flow.call("GET", "/fhir/R4/Patient/zofia", HTTP_ORIGIN="https://evil.example").headers
    assert (
        "access-control-allow-origin"
        in flow.call("GET", "/fhir/R4/.well-known/smart-configuration", HTTP_ORIGIN="https://any.example").headers
    )


# --- how fast ----------------------------------------------------------------------------------------------------------------------------


def test_a_bucket_fills_with_time() -> None:
    now = [0.0]
    pace = Pace(2, clock=lambda: now[0])
    assert [pace.wait("a") for _ in range(20)] == [0.0] * 20
    assert pace.wait("a") == pytest.approx(0.5)
    assert pace.wait("b") == 0.0
    now[0] = 0.5
    assert pace.wait("a") == 0.0 and pace.wait("a") > 0
    assert Pace(0).wait("a") == 0.0


def test_apps_and_strangers_are_slowed_and_people_with_their_own_tokens_are_not(database: Database, tmp_path: Any) -> None:
    flow = make(database, tmp_path, app_rate="1", address_rate="3")
    app, _ = flow.app()
    token = flow.tokens(app, "launch/patient patient/*.rs")["access_token"]
    own = flow.store.issue_token("Practitioner/ana", 60)
    statuses = [flow.fhir(token, "Patient/zofia").status for _ in range(13)]
    assert statuses[:10] == [200] * 10 and 429 in statuses
    slowed = flow.fhir(token, "Patient/zofia")
    assert slowed.status == 429 and int(slowed.headers["retry-after"]) >= 1
    assert slowed.json["resourceType"] == "OperationOutcome" and slowed.json["issue"][0]["code"] == "throttled"
    assert {flow.fhir(own, "Patient/zofia").status for _ in range(60)} == {200}
    strangers = [flow.fhir("made-up", "Patient/zofia").status for _ in range(40)]
    assert strangers[0] == 401 and strangers[-1] == 429
    assert {flow.call("GET", "/fhir/R4/metadata", REMOTE_ADDR="192.0.2.77").status for _ in range(20)} == {200}, "each address for itself"
    guesses = [flow.post(TOKEN, {"grant_type": "authorization_code", "code": "x", "client_id": app.id}) for _ in range(40)]
    assert guesses[-1].status == 429 and "retry-after" in guesses[-1].headers
    assert {flow.fhir(own, "Patient/zofia").status for _ in range(60)} == {200}
    flow.store.close()
