"""Files from outside: content decides, nothing active comes in however it is dressed, names are harmless, nothing makes us fall over."""

from __future__ import annotations

import base64
import io
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from baton.uploads import UploadRefusedError, check

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00?\x00\xd2\xcf \xff\xd9"
)
_HUGE = b"IHDR\x00\x0f\xff\xff\x00\x0f\xff\xff" + PNG[24:29]
HUGE = PNG[:12] + _HUGE + zlib.crc32(_HUGE).to_bytes(4, "big") + PNG[33:]
CCDA = b'<?xml version="1.0"?><!-- x --><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Summary</title></ClinicalDocument>'


def pdf(change: object = None, **options: object) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    if change:
        change(writer)  # type: ignore[operator]
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def object_stream(inside: bytes, head: bytes = b"/Filter /FlateDecode", pack: bool = True) -> bytes:
    packed = zlib.compress(inside) if pack else inside
    body = b"%PDF-1.5\n1 0 obj\n<< /Type /ObjStm /N 1 /First 4 " + head + b" /Length %d >>\nstream\n" % len(packed)
    return body + packed + b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


@pytest.mark.parametrize(
    ("name", "content", "type_"),
    [
        ("a.pdf", pdf(), "application/pdf"), ("a.png", PNG, "image/png"), ("a.jpg", JPEG, "image/jpeg"), ("a.xml", CCDA, "text/xml"),
        ("a.txt", "Señora, sin novedad.\r\n".encode(), "text/plain"), ("b.pdf", object_stream(b"<< /Type /Page >>"), "application/pdf"),
    ],
)  # fmt: skip
def test_what_records_are_made_of_comes_in_unchanged(name: str, content: bytes, type_: str) -> None:
    upload = check(name, content, declared=type_)
    assert (upload.name, upload.type, upload.content) == (name, type_, content)


def javascript(writer: PdfWriter) -> None:
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")})
    writer._root_object[NameObject("/OpenAction")] = action


def launch(writer: PdfWriter) -> None:
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd.exe")})
    writer._root_object[NameObject("/OpenAction")] = action


def attachment(writer: PdfWriter) -> None:
    writer.add_attachment("evil.exe", b"MZ")


ACTIVE = {
    "JavaScript": pdf(javascript),
    "a launch action": pdf(launch),
    "a file within": pdf(attachment),
    "JavaScript in escapes": pdf(javascript).replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/J#53"),
    "JavaScript in an object stream": object_stream(b"<< /S /JavaScript /JS (app.alert(1)) >>"),
    "JavaScript in an object stream not packed": object_stream(b"<< /S /JavaScript /JS (x) >>", head=b"", pack=False),
    "an object stream in escapes": object_stream(b"<< /S /JavaScript /JS (x) >>").replace(b"/ObjStm", b"/Obj#53tm"),
    "an object stream packed otherwise": object_stream(b"x", head=b"/Filter [/ASCIIHexDecode /FlateDecode]"),
    "encryption": pdf().replace(b"/Root", b"/Encrypt 9 0 R /Root"),
    "a bomb": object_stream(b"0" * 60_000_000),
    "half a file": pdf()[:-30],
}


@pytest.mark.parametrize("what", ACTIVE)
def test_a_pdf_that_could_act_or_cannot_be_looked_into_is_refused(what: str) -> None:
    with pytest.raises(UploadRefusedError):
        check("a.pdf", ACTIVE[what])


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>", b"<svg onload=alert(1)>", b"MZ\x90\x00\x03", b"PK\x03\x04zip", b"\x7fELF", b"GIF89a\x01",
        b"#!/bin/sh\n\x00", b"", CCDA.replace(b"<ClinicalDocument", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><ClinicalDocument'),
        CCDA.replace(b"<title>", b"<script>x</script><title>"), b"<!-- <ClinicalDocument> --><html></html>", PNG + b"<script>",
        JPEG + b"PK\x03\x04",
        PNG[:-4] + b"xxxx", PNG[:40], JPEG[:30],
HUGE,
    ],
)  # fmt: skip
def test_what_is_no_record_or_two_things_at_once_is_refused(content: bytes) -> None:
    with pytest.raises(UploadRefusedError):
        check("a", content)


def test_a_file_is_what_its_content_says_not_its_sender() -> None:
    with pytest.raises(UploadRefusedError, match="what it says.: image/png"):
        check("a.pdf", PNG, declared="application/pdf")
    with pytest.raises(UploadRefusedError, match="larger than"):
        check("a.txt", b"x" * 2_000_001, most=2_000_000)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.txt"), ("C:\\Users\\x\\letter.txt", "letter.txt"), ("a.exe", "a-exe.txt"), ("", "document.txt"),
        ("...", "document.txt"), ("invoice\u202ecod.txt", "invoicecod.txt"), ("a\0b\n.txt", "ab.txt"), ("x.pdf.txt", "x-pdf.txt"),
        ("é" * 300 + ".txt", "é" * 116 + ".txt"), ("<b>.txt", "b.txt"),
    ],
)  # fmt: skip
def test_names_are_harmless(name: str, kept: str) -> None:
    assert check(name, b"text").name == kept


@settings(max_examples=300, deadline=None, database=None)
@given(
    start=st.sampled_from([b"", b"%PDF-1.7\n", PNG[:8], PNG[:33], b"\xff\xd8\xff", JPEG[:20], b"<ClinicalDocument", b"<"]),
    rest=st.binary(max_size=200) | st.text(max_size=100).map(str.encode),
    end=st.sampled_from([b"", b"%%EOF", b"\xff\xd9", PNG[-12:], b"/ObjStm >> stream\nx endstream"]),
    name=st.text(max_size=40),
)
def test_whatever_comes_is_kept_or_refused_and_nothing_else(start: bytes, rest: bytes, end: bytes, name: str) -> None:
    try:
        upload = check(name, start + rest + end)
    except UploadRefusedError:
        return
    assert upload.content == start + rest + end
    assert "/" not in upload.name and "\\" not in upload.name and upload.name.isprintable() and 0 < len(upload.name) <= 120
