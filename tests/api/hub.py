"""A client that calls the FHIR interface as a WSGI server does, and the people of these tests."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from baton.store import Store, Who
from baton.store.postgres import Database

HUB = Who(person="Device/baton", name="Baton", role="system", teams=(), entrance="cli")
STAFF_ROLE = "https://baton.example/fhir/CodeSystem/staff-role"
FHIR = "application/fhir+json"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def issue(self) -> dict[str, Any]:
        """The first issue of an OperationOutcome."""
        outcome = self.json
        assert outcome["resourceType"] == "OperationOutcome", outcome
        assert outcome["issue"][0]["severity"] in ("error", "fatal", "information")
        assert outcome["issue"][0]["diagnostics"]
        issue: dict[str, Any] = outcome["issue"][0]
        return issue


@dataclass
class Client:
    """Calls the application as a WSGI server does."""

    app: Any
    token: str | None
    base: str = "/fhir/R4"
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str = "", body: Any = None, raw: bytes | None = None, **headers: str) -> Answer:
        content = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        return self.send(method, path, content, {"content_type": FHIR if content else "", **headers})

    def send(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Answer:
        target, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(self.base + (f"/{target}" if target else "")).decode("latin-1"),
            "QUERY_STRING": query,
            "HTTP_HOST": "baton.test",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(content),
            "CONTENT_LENGTH": str(len(content)) if content else "",
        }
        if self.token:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        for name, value in {**self.headers, **headers}.items():
            key = name.upper().replace("-", "_")
            environ[key if key.startswith("CONTENT_") and key != "CONTENT_ENCODING" else f"HTTP_{key}"] = value
        got: list[Any] = []
        body = b"".join(self.app(environ, lambda status, fields, exc_info=None: got.extend((status, fields))))
        return Answer(int(got[0].split()[0]), {name.lower(): value for name, value in got[1]}, body)

    def create(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Create it, give what came back."""
        answer = self("POST", resource["resourceType"], resource)
        assert answer.status == 201, answer.body
        created: dict[str, Any] = answer.json
        return created

    def search(self, path: str) -> list[dict[str, Any]]:
        """All resources of all pages."""
        found: list[dict[str, Any]] = []
        following: str | None = path
        while following:
            answer = self("GET", following)
            assert answer.status == 200, answer.body
            bundle = answer.json
            found += [entry["resource"] for entry in bundle.get("entry", ()) if entry["search"]["mode"] == "match"]
            links = {link["relation"]: link["url"] for link in bundle.get("link", ())}
            following = links["next"].removeprefix("http://baton.test/fhir/R4/") if "next" in links else None
        return found


def staff(id_: str, role: str, team: str) -> list[dict[str, Any]]:
    """The resources that make someone staff."""
    return [
        {"resourceType": "Practitioner", "id": id_, "active": True, "name": [{"family": id_.title(), "given": ["Test"]}]},
        {
            "resourceType": "PractitionerRole",
            "id": f"{id_}-role",
            "active": True,
            "practitioner": {"reference": f"Practitioner/{id_}"},
            "organization": {"reference": f"Organization/{team}"},
            "code": [{"coding": [{"system": STAFF_ROLE, "code": role}]}],
        },
    ]


def team(id_: str) -> dict[str, Any]:
    """An Organization that is a care team."""
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "team"}]}
    return {"resourceType": "Organization", "id": id_, "active": True, "type": [kind], "name": id_.title()}


def make_store(database: Database) -> Store:
    return Store(database.app_dsn, clock=lambda: datetime.now(UTC), zone=ZoneInfo("America/New_York"), key=b"k" * 32)


def settle(store: Store) -> dict[str, str]:
    """The staff of these tests; gives a token for each."""
    with store.change(HUB, because="set up the staff") as change:
        for resource in [team("all"), team("none"), *staff("sam", "supervisor", "all"), *staff("nia", "coordinator", "none")]:
            change.put(resource)
    return {name: store.issue_token(f"Practitioner/{name}", minutes=60) for name in ("sam", "nia")}
