"""Files from outside: what a file is, is told by its content; what could act when somebody opens it does not come in.

The bytes are not changed: what was received is evidence. A file that cannot be looked into (encrypted, unusually packed) is refused.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

MOST_BYTES = 20_000_000
MOST_PIXELS = 80_000_000
MOST_INSIDE = 50_000_000  # bytes that packed parts of a PDF may unpack to
LONGEST_NAME = 120
_ACTIVE = (
    b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia", b"XFA", b"SubmitForm", b"ImportData", b"GoToR",
    b"GoToE", b"Movie", b"Sound", b"Rendition",
)  # fmt: skip
_ACTIVE_NAME = re.compile(rb"/(" + b"|".join(_ACTIVE) + rb")(?![A-Za-z0-9_.\-])")
_OBJECT = re.compile(rb"(<<(?:(?!\bobj\b|endobj).){0,4000}?>>)\s*stream\r?\n", re.S)
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


class UploadRefusedError(Exception):
    """The file does not come in; the message says why, and never quotes it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may be kept: a harmless name, the type its content says, its bytes as they came."""

    name: str
    type: str
    content: bytes


def check(name: str, content: bytes, *, declared: str = "", most: int = MOST_BYTES) -> Upload:
    """The file as it may be kept. `declared` is the type the sender gave, if any. Raises UploadRefusedError."""
    if not content:
        raise UploadRefusedError("The file is empty.")
    if len(content) > most:
        raise UploadRefusedError(f"The file is larger than {most // 1_000_000} MB.")
    type_, look = _kind(content)
    said = declared.partition(";")[0].strip().lower()
    if said and said not in (type_, "application/octet-stream") and {said, type_} != {"text/xml", "application/xml"}:
        raise UploadRefusedError(f"The file says it is something else than it is (what it is, what it says): {type_}, {said[:60]}")
    look(content)
    return Upload(_named(name, type_), type_, content)


def _kind(content: bytes) -> tuple[str, Callable[[bytes], None]]:
    """The type by content, and how to look into it."""
    start = content[:1024]
    if start.startswith(b"%PDF-"):
        return "application/pdf", _pdf
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", _png
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", _jpeg
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UploadRefusedError("Files come as PDF, PNG, JPEG, plain text or C-CDA documents; this is none of them.") from None
    if text.lstrip()[:1] == "<":
        return "text/xml", _xml
    return "text/plain", _text


# --- PDF ----------------------------------------------------------------------------------------------------------------------------


def _pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-2048:]:
        raise UploadRefusedError("The PDF is cut off.")
    for part in _pdf_parts(content):
        plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), part)  # names may be written in escapes
        if re.search(rb"/Encrypt(?![A-Za-z])", plain):
            raise UploadRefusedError("The PDF is encrypted, so nobody can look into it here: send it without a password.")
        if found := _ACTIVE_NAME.search(plain):
            raise UploadRefusedError(f"Print the PDF to a new one and send that, it has active content: {found[1].decode()}")


def _pdf_parts(content: bytes) -> Iterator[bytes]:
    """Everything of a PDF that describes it: what stands open (streams left out), and the streams that hold more objects, unpacked."""
    place, left = 0, MOST_INSIDE
    for found in _OBJECT.finditer(content):
        head = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), found[1])
        if found.start() < place:
            continue
        yield content[place : found.end()]
        end = content.find(b"endstream", found.end())
        place = end if end >= 0 else len(content)
        if not re.search(rb"/ObjStm(?![A-Za-z])", head):
            continue
        packed = content[found.end() : place]
        if b"/Filter" in head and not re.search(rb"/Filter\s*(\[\s*/FlateDecode\s*\]|/FlateDecode)", head):
            raise UploadRefusedError("The PDF is packed in a way that cannot be looked into: print it to a new PDF and send that.")
        inside = _unpacked(packed, left) if b"/Filter" in head else packed
        left -= len(inside)
        yield inside
    yield content[place:]


def _unpacked(packed: bytes, most: int) -> bytes:
    try:
        inside = zlib.decompressobj().decompress(packed, most + 1)
    except zlib.error:
        raise UploadRefusedError("The PDF is damaged.") from None
    if len(inside) > most:
        raise UploadRefusedError("The PDF unpacks to far more than its size.")
    return inside


# --- pictures -----------------------------------------------------------------------------------------------------------------------


def _png(content: bytes) -> None:
    place, pixels = 8, 0
    while place + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        end = place + 12 + length
        if end > len(content) or zlib.crc32(content[place + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            raise UploadRefusedError("The picture is damaged.")
        if kind == b"IHDR":
            width, height = struct.unpack(">II", content[place + 8 : place + 16])
            pixels = width * height
        place = end
        if kind == b"IEND":
            break
    _fits(pixels)
    if content[place - 8 : place - 4] != b"IEND" or place != len(content):
        raise UploadRefusedError("The picture is cut off, or something else hangs on its end.")


def _jpeg(content: bytes) -> None:
    place, pixels = 2, 0
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xDA:  # the picture itself follows
            break
        if marker == 0xFF:
            place += 1
            continue
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if marker in _JPEG_SIZES and place + 9 <= len(content):
            pixels = int.from_bytes(content[place + 5 : place + 7], "big") * int.from_bytes(content[place + 7 : place + 9], "big")
        place += 2 + max(2, length)
    else:
        raise UploadRefusedError("The picture is damaged.")
    _fits(pixels)
    if not content.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise UploadRefusedError("The picture is cut off, or something else hangs on its end.")


def _fits(pixels: int) -> None:
    if not 0 < pixels <= MOST_PIXELS:
        raise UploadRefusedError("The picture is damaged or far too large.")


# --- texts --------------------------------------------------------------------------------------------------------------------------


def _text(content: bytes) -> None:
    if re.search(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]", content):
        raise UploadRefusedError("The text has characters that no text has.")


def _xml(content: bytes) -> None:
    _text(content)
    if re.search(rb"<!(DOCTYPE|ENTITY)", content, re.I):
        raise UploadRefusedError("The document declares entities; C-CDA documents do not.")
    root = re.search(rb"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)[\s/>]", re.sub(rb"<!--.*?-->|<\?.*?\?>", b"", content, flags=re.S))
    if root is None or root[2] != b"ClinicalDocument":
        raise UploadRefusedError("Of XML and HTML only C-CDA documents come in.")
    if re.search(rb"<([\w.\-]+:)?script[\s>/]|javascript:", content, re.I):
        raise UploadRefusedError("The document has a script in it.")


# --- names --------------------------------------------------------------------------------------------------------------------------

_ENDINGS = {
    "application/pdf": (".pdf",), "image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"), "text/xml": (".xml", ".ccda"),
    "text/plain": (".txt", ".hl7", ".csv"),
}  # fmt: skip


def _named(name: str, type_: str) -> str:
    """A name that is a name in every system: no folders, no control or direction characters, the ending of its type."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").replace("\u00a0", " ")
    name = "".join(each for each in PurePosixPath(name).name if each.isprintable() and each not in '<>:"/|?*')
    name = name.strip(" .") or "document"
    stem, dot, ending = name.rpartition(".")
    if not dot or f".{ending.lower()}" not in _ENDINGS[type_]:
        stem, ending = name.replace(".", "-"), _ENDINGS[type_][0][1:]
    return f"{stem[: LONGEST_NAME - len(ending) - 1].replace('.', '-')}.{ending.lower()}"
