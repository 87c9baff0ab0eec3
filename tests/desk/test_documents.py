"""The pages of a patient's documents: files in, refusals said with nothing stored, and every paper opened so that it can do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.pages import House, client, house, left, patient

from baton import app
from baton.store.postgres import Database
from baton.store.staff import Known


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        with opened.change() as change:
            kind = {"system": "https://baton.example/fhir/CodeSystem/recipient-kind", "code": "part2-program"}
            change.put({"resourceType": "Organization", "id": "hill", "name": "Hillside", "type": [{"coding": [kind]}]})
        yield opened


@pytest.fixture
def eva(home: House) -> str:
    with home.change() as change:
        return patient(change, "Eva Stone")


def file(content: bytes, name: str = "letter.txt", kind: str = "text/plain") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=kind)


def send(home: House, eva: str, content: SimpleUploadedFile | None, **more: Any) -> Any:
    fields = {"title": "Letter of cardiology", "code": "51852-2", **more}
    return client(home).post(f"/patients/{eva}/documents", {**fields, "file": content} if content else fields, follow=True)


def kept(home: House, eva: str) -> list[dict[str, Any]]:
    with home.change() as change:
        return list(change.find("DocumentReference", patient=f"Patient/{eva}"))


def test_a_letter_comes_in_once_and_is_opened_by_ids_alone(home: House, eva: str) -> None:
    assert "labelled by the rules" in send(home, eva, file(b"All is well.")).content.decode()
    assert "Nothing was added" in send(home, eva, file(b"All is well.", "copy.txt")).content.decode()
    (document,) = kept(home, eva)
    page = client(home).get(f"/patients/{eva}").content.decode()
    assert f'href="/patients/{eva}/papers/{document["id"]}"' in page
    paper = client(home).get(f"/patients/{eva}/papers/{document['id']}")
    assert paper.content == b"All is well."
    assert paper["Content-Disposition"] == f'attachment; filename="{document["id"]}.txt"' and "no-store" in paper["Cache-Control"]
    assert left(home, f"export DocumentReference/{document['id']}", eva) == 1
    with psycopg.connect(home.hub.database.app_dsn) as connection:
        looks = [what for (what,) in connection.execute("select what from look where who = %s", [home.person["carla@example.org"]])]
    assert any(f"DocumentReference/{document['id']}" in what for what in looks)


def test_another_team_and_another_patient_s_address_open_nothing(home: House, eva: str) -> None:
    send(home, eva, file(b"All is well."))
    (document,) = kept(home, eva)
    with home.change() as change:
        other = patient(change, "Ana Reyes")
    assert client(home, "sam@example.org").get(f"/patients/{eva}/papers/{document['id']}").status_code == 404
    assert client(home).get(f"/patients/{other}/papers/{document['id']}").status_code == 404
    assert client(home, "sam@example.org").get(f"/patients/{eva}/documents").status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Choose a file."),
        (file(b"MZ\x00\xff", "a.pdf", "application/pdf"), "this is none of them"),
        (file(b"<html><script>", "a.html", "text/html"), "something else than it is"),
        (file(b"%PDF-1.7\n<< /S /JavaScript /JS (x) >>\n%%EOF", "a.pdf", "application/pdf"), "active content: JavaScript"),
        (file(b"x" * 10_000_001), "larger than 10 MB"),
    ],
)
def test_a_refused_file_is_said_and_nothing_is_stored(home: House, eva: str, content: SimpleUploadedFile | None, said: str) -> None:
    if content:
        content.seek(0)
    page = send(home, eva, content, author="Dr Ito")
    assert page.status_code == 422 and said in page.content.decode() and 'value="Dr Ito"' in page.content.decode()
    assert not kept(home, eva)


def test_what_is_far_too_large_is_not_even_read(home: House, eva: str) -> None:
    page = client(home).post(f"/patients/{eva}/documents", {"title": "x", "file": file(b"x" * 11_000_001)})
    assert page.status_code == 413 and "at most 10 MB" in page.content.decode()


def test_the_file_has_the_labels_of_its_document(home: House, eva: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home.hub.store.labellers[0], "_programs", Known(0))  # it asks anew which programs there are
    send(home, eva, file(b"Seen weekly."), source="hillside")
    with home.hub.store.view(app.HUB) as view:
        (document,) = view.find("DocumentReference", patient=f"Patient/{eva}")
        binary = view.get(*document["content"][0]["attachment"]["url"].split("/"))
    for each in (document, binary):
        assert "42CFRPart2" in {label["code"] for label in each["meta"]["security"]}


def test_a_form_without_its_token_is_refused(home: House, eva: str) -> None:
    browser = client(home)
    browser.handler.enforce_csrf_checks = True
    assert browser.post(f"/patients/{eva}/documents", {"title": "x", "file": file(b"x")}).status_code == 403
    assert not kept(home, eva)


def test_a_corrected_one_takes_its_place(home: House, eva: str) -> None:
    send(home, eva, file(b"Wrong."))
    (old,) = kept(home, eva)
    page = client(home).get(f"/patients/{eva}/documents?corrects={old['id']}").content.decode()
    assert "It takes the place of" in page and '<option value="51852-2" selected>' in page
    text = send(home, eva, file(b"Right."), corrects=old["id"]).content.decode()
    assert "it takes the place of the earlier one" in text and "1 replaced by a newer one" in text


@pytest.mark.parametrize(
    ("stated", "type_", "how"),
    [
        ("application/pdf", "application/pdf", "inline"),
        ("image/png", "image/png", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("text/xml", "text/xml", "attachment"),
    ],
)
def test_what_came_can_do_nothing_in_a_browser(home: House, stated: str, type_: str, how: str) -> None:
    client(home)
    from baton.desk.documents import served

    paper = served(stated, b"x", "1")
    assert paper["Content-Type"] == type_ and paper["Content-Disposition"].startswith(how)
    assert paper["X-Content-Type-Options"] == "nosniff" and "default-src 'none'" in paper["Content-Security-Policy"]
    assert ("sandbox" in paper["Content-Security-Policy"]) == (stated != "application/pdf")


def test_every_refusal_of_a_file_has_its_words(home: House) -> None:
    import ast
    from pathlib import Path

    client(home)
    import baton.uploads
    from baton.desk.documents import REFUSALS

    said = {str(each).rstrip(":") for each in REFUSALS}
    for call in ast.walk(ast.parse(Path(baton.uploads.__file__).read_text())):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "UploadRefusedError":
            (words,) = call.args
            text = words.value if isinstance(words, ast.Constant) else str(getattr(words.values[0], "value", ""))  # type: ignore[attr-defined]
            assert any(each.startswith(str(text).rstrip(": ")) for each in said), text
