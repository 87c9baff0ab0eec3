"""Real launches by SMART clients others wrote: npm's fhirclient in a browser, PyPI's fhirclient on a server; and how the pages look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import PASSWORD, House, hang_up, patient

from baton import app as baton_app
from baton.duties.team import staff
from baton.smart.registration import register
from baton.store.apps import App
from baton.web import django as shell

SCRIPT = Path(__file__).parents[2] / ".venv" / "share" / "fhir-client.min.js"
needs_script = pytest.mark.skipif(not SCRIPT.exists(), reason="npm's fhirclient was not fetched (make browser, where there is npm)")
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PAGE = """<!doctype html><html lang="en"><title>App</title><script src="/fhir-client.js"></script><body><h1>App</h1>
<p id="said"></p><p id="seen"></p><script>{script}</script></body></html>"""
ASK = """FHIR.oauth2.authorize({{clientId: "{client}", scope: "{scope}", redirectUri: "/back"{more}}})
.catch(error => document.getElementById("said").textContent = error.message)"""
READ = """FHIR.oauth2.ready().then(async client => {
    const patient = await client.patient.read();
    const found = await client.request("Observation?patient=" + client.patient.id);
    const refused = await client.request("Condition?patient=" + client.patient.id).then(
        () => 200, error => error.statusCode || error.status);
    const renewable = client.state.tokenResponse.refresh_token;
    const again = renewable ? await client.refresh().then(state => state.tokenResponse.access_token) : "";
    document.getElementById("said").textContent = patient.name[0].text + " for " + (client.user.fhirUser || "nobody");
    document.getElementById("seen").textContent = (found.entry || []).length + " " + refused + " " + (again ? "renewed" : "once");
}).catch(error => document.getElementById("said").textContent = error.message)"""


@dataclass
class Site:
    """Where the test's apps live: their pages, and the addresses the browser was sent back to."""

    address: str
    pages: dict[str, str]
    came: list[str]


@pytest.fixture(scope="module")
def apps() -> Iterator[Site]:
    """A web server of somebody else's."""
    found = Site("", {}, [])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            path = urlsplit(self.path).path
            if path == "/server-back":
                found.came.append(found.address + self.path)
            script = path == "/fhir-client.js"
            body = SCRIPT.read_bytes() if script else found.pages.get(path, "<title>App</title><h1>Back</h1>").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def zofia(home: House) -> str:
    """A patient of Carla's with two laboratory values, a vital sign, and a namesake in nobody's care of hers."""
    with home.change() as change:
        zofia = patient(change, "Zofia Nowak")
        for category in ("laboratory", "laboratory", "vital-signs"):
            change.put(
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
                    "code": {"text": "Potassium"},
                    "subject": {"reference": f"Patient/{zofia}"},
                }
            )
    with home.change("sam@example.org") as change:
        patient(change, "Zofia Other")
    return zofia


@pytest.fixture
def app(home: House, apps: Site) -> Callable[..., tuple[App, str | None]]:
    """Registers an app that lives there."""

    def make(name: str = "Growth charts", **said: Any) -> tuple[App, str | None]:
        given: dict[str, Any] = {
            "kind": "public",
            "redirects": (f"{apps.address}/back", f"{apps.address}/server-back"),
            "launch_url": f"{apps.address}/launch",
            "scope": "launch launch/patient openid fhirUser online_access offline_access patient/*.rs user/*.rs",
        }
        return register(home.hub.store, baton_app.HUB, name=name, **{**given, **said})

    return make


def let_in(page: Page) -> None:
    page.get_by_role("button", name="Let it in", exact=True).click()


@needs_script
def test_a_browser_app_is_opened_from_the_patients_page(
    visit: Visit, seen: Seen, zofia: str, apps: Site, app: Callable[..., Any], home: House
) -> None:
    registered, _ = app()
    scope = f"launch openid fhirUser patient/Patient.r patient/Observation.rs?category={CATEGORY}|laboratory"
    apps.pages |= {
        "/launch": PAGE.format(script=ASK.format(client=registered.id, scope=scope, more="")),
        "/back": PAGE.format(script=READ),
    }
    page = visit(f"/patients/{zofia}")
    page.get_by_role("link", name="Apps", exact=True).first.click()
    seen(page, "apps-of-patient")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open the app Growth charts").click()
    popup = opened.value
    expect(popup.get_by_role("heading", name="Let Growth charts in?")).to_be_visible()
    expect(popup.get_by_text("Zofia Nowak")).to_be_visible()
    expect(popup.get_by_text("See: test results and measurements (only: laboratory)")).to_be_visible()
    let_in(popup)
    expect(popup.locator("#said")).to_contain_text("Zofia Nowak for")
    expect(popup.locator("#said")).to_contain_text(home.person["carla@example.org"])
    expect(popup.locator("#seen")).to_have_text("2 403 once")
    page.goto("/apps/mine")
    expect(page.get_by_text("Growth charts").first).to_be_visible()
    seen(page, "apps-mine")
    apps.pages.clear()


@needs_script
def test_a_browser_app_comes_by_itself_and_the_patient_is_chosen(
    visit: Visit, seen: Seen, site: str, zofia: str, apps: Site, app: Callable[..., Any]
) -> None:
    registered, _ = app("Pill box")
    scope = "launch/patient openid fhirUser patient/Patient.r patient/Observation.rs offline_access"
    apps.pages |= {
        "/alone": PAGE.format(script=ASK.format(client=registered.id, scope=scope, more=f', iss: "{site}/fhir/R4"')),
        "/back": PAGE.format(script=READ),
    }
    page = visit(f"{apps.address}/alone", email=None)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.locator("#id_login").fill("carla@example.org")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("form .btn.go").click()
    expect(page.get_by_role("heading", name="Which patient is Pill box for?")).to_be_visible()
    expect(page.locator("#pick-text")).to_be_focused()
    page.keyboard.type("nowak zof")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Zofia Other")).to_have_count(0)
    seen(page, "apps-pick")
    page.get_by_role("button", name="Zofia Nowak").click()
    assert "nowak" not in page.url.lower() and zofia not in page.url
    let_in(page)
    expect(page.locator("#said")).to_contain_text("Zofia Nowak for")
    expect(page.locator("#seen")).to_have_text("3 403 renewed")
    apps.pages.clear()


@needs_script
def test_saying_no_brings_the_app_its_answer(visit: Visit, site: str, apps: Site, app: Callable[..., Any], zofia: str) -> None:
    registered, _ = app("Nosy")
    apps.pages |= {
        "/alone": PAGE.format(script=ASK.format(client=registered.id, scope="user/*.rs", more=f', iss: "{site}/fhir/R4"')),
        "/back": PAGE.format(script=READ),
    }
    page = visit("/today")
    page.goto(f"{apps.address}/alone")
    page.get_by_role("button", name="Do not let it in").click()
    expect(page.locator("#said")).to_contain_text("denied")
    apps.pages.clear()


@pytest.mark.parametrize("kind", ["public", "confidential"])
@pytest.mark.parametrize("opened", ["from the patient's page", "by itself"])
def test_a_server_app_by_others_reads_with_its_token(
    visit: Visit, site: str, zofia: str, apps: Site, app: Callable[..., Any], home: House, kind: str, opened: str
) -> None:
    from fhirclient.client import FHIRClient
    from fhirclient.models.observation import Observation

    registered, secret = app(f"Server {kind} {opened}", kind=kind)
    launch = home.hub.store.apps.launch(registered.id, home.person["carla@example.org"], f"Patient/{zofia}") if "page" in opened else None
    smart = FHIRClient(
        settings={
            "app_id": registered.id,
            "app_secret": secret,
            "api_base": f"{site}/fhir/R4",
            "redirect_uri": f"{apps.address}/server-back",
            "scope": "openid fhirUser patient/*.read offline_access",
            "launch_token": launch,
        }
    )
    assert not smart.ready
    smart.prepare()
    page = visit("/today")
    page.goto(smart.authorize_url)
    if launch is None:
        page.locator("#pick-text").fill("nowak")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Zofia Nowak").click()
    let_in(page)
    page.wait_for_url("**/server-back*")
    smart.handle_callback(apps.came[-1])
    assert smart.ready and smart.patient is not None and smart.patient_id == zofia
    assert smart.human_name(smart.patient.name[0]) == "Zofia Nowak"
    first = smart.server.auth.access_token
    assert len(list(Observation.where({"patient": zofia}).perform_resources_iter(smart.server))) == 3
    assert smart.reauthorize() and smart.server.auth.access_token != first
    assert len(list(Observation.where({"patient": zofia}).perform_resources_iter(smart.server))) == 3
    smart.server.session.close()


# --- how it looks -------------------------------------------------------------------------------------------------------------------------


def address(site: str, app: App, scope: str) -> str:
    from tests.desk.test_apps import Desk

    asks = Desk(None, "", "", app.id)  # type: ignore[arg-type]
    return asks.authorize(scope, aud=f"{site}/fhir/R4", redirect_uri=app.redirects[0])


@pytest.mark.parametrize("look", LOOKS)
def test_the_consent_and_the_choice(visit: Visit, seen: Seen, site: str, zofia: str, app: Callable[..., Any], look: str) -> None:
    registered, _ = app("Growth charts", scope="launch/patient openid fhirUser offline_access patient/*.cruds user/*.cruds")
    scope = (
        f"launch/patient openid fhirUser offline_access patient/Patient.r patient/Observation.rs?category={CATEGORY}|laboratory,"
        f"{CATEGORY}|vital-signs patient/MedicationRequest.rs patient/Condition.cruds user/Practitioner.rs"
    )
    page = visit("/today", **LOOKS[look])
    page.goto(address(site, registered, scope))
    seen(page, f"apps-pick-{look}")
    page.locator("#pick-text").fill("nowak")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Zofia Nowak").click()
    expect(page.locator("fieldset.asked").first).to_be_visible()
    seen(page, f"apps-consent-{look}")
    for box in page.locator("input[name=scope]").all():
        box.uncheck()
    page.locator("button[value=allow]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(address(site, registered, scope).replace(registered.id, "app-unknown"))
    seen(page, f"apps-refused-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_registering_an_app(visit: Visit, seen: Seen, home: House, app: Callable[..., Any], look: str) -> None:
    with home.hub.store.change(baton_app.HUB, because="an administrator") as change:
        ada = staff.add(change, email="ada@example.org", role="administrator", team=None, name="Ada Okafor")
    shell.set_password(home.hub, email="ada@example.org", practitioner=ada, password=PASSWORD)
    hang_up()
    page = visit("/apps", email="ada@example.org", **LOOKS[look])
    name = f"Lab {look}"
    page.locator("#id_app-name").fill(name)
    page.locator("#id_app-kind").select_option("confidential")
    page.locator("#id_app-redirects").fill("http://labs.example/back")
    page.locator("#id_app-launch_url").fill("https://labs.example/launch")
    page.locator("form[action='/apps/add'] .btn.go").click()
    expect(page.locator("form[action='/apps/add'] .error").first).to_be_visible()
    seen(page, f"apps-mistyped-{look}")
    page.locator("#id_app-redirects").fill("https://labs.example/back")
    page.locator("form[action='/apps/add'] .btn.go").click()
    expect(page.locator("code.secret")).to_be_visible()
    seen(page, f"apps-registered-{look}")
    row = page.locator(".apps li", has_text=name).first
    row.locator("details.sure summary").click()
    seen(page, f"apps-remove-{look}")
    row.locator("details.sure .btn").last.click()
    expect(page.locator(".apps li", has_text=name)).to_have_count(0)
