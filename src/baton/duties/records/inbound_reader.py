"""What a file says of its patient, as far as a machine reads it for certain: C-CDA headers, and plain text that names what it says.

What is read fills only what nobody typed. Pictures and PDFs are read by people.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from html import unescape

from baton.rules import matching
from baton.rules.matching import Said
from baton.uploads import Upload

LABELS = {
    "name": r"(?:patient(?: name)?|name)",
    "birth": r"(?:dob|d\.o\.b\.|date of birth|birth ?date|born)",
    "mrn": r"(?:mrn|medical record (?:number|no\.?))",
    "phone": r"(?:phone|telephone|tel\.?)",
}
"""How papers name what they say of their patient, at the beginning of a line."""
MOST = 20_000


def read(upload: Upload) -> Said:
    """What it says; nothing for what only people can read."""
    if upload.type not in ("text/plain", "text/xml"):
        return Said()
    text = upload.content.decode("utf-8-sig", errors="replace")
    return _ccda(text) if upload.type == "text/xml" else _text(text[:MOST])


def filled(typed: Said, upload: Upload) -> Said:
    """What was typed, and where nothing was, what the file says."""
    found = read(upload)
    return replace(typed, **{each.name: getattr(typed, each.name) or getattr(found, each.name) for each in fields(Said)})


def _text(text: str) -> Said:
    said: dict[str, str] = {}
    for name, label in LABELS.items():
        found = re.search(rf"(?im)^\s*{label}\s*[:#]\s*([^\n]{{1,80}}?)(?=\s{{2,}}|\t|[;|]|\s*$)", text)
        if found:
            said[name] = found[1].strip()
    return Said(said.get("name", ""), _birth(said.get("birth", "")), said.get("mrn", ""), said.get("phone", ""))


def _ccda(text: str) -> Said:
    part = _element(text, "patientRole")
    if not part:
        return Said()
    person = _element(part, "patient")
    given = re.findall(r"<(?:\w+:)?given\b[^>]*>([^<]+)<", person)[:1]
    family = re.findall(r"<(?:\w+:)?family\b[^>]*>([^<]+)<", person)[:1]
    born = re.search(r"<(?:\w+:)?birthTime\b[^>]*\bvalue=\"(\d{4})(\d\d)(\d\d)", person)
    sex = re.search(r"<(?:\w+:)?administrativeGenderCode\b[^>]*\bcode=\"([FM])\"", person)
    phone = re.search(r"<(?:\w+:)?telecom\b[^>]*\bvalue=\"tel:([^\"]+)\"", part)
    code = re.search(r"<(?:\w+:)?postalCode\b[^>]*>([^<]+)<", part)
    head = part.split("<patient>")[0]
    return Said(
        name=unescape(" ".join([*given, *family])).strip(),
        birth="-".join(born.groups()) if born else "",
        phone=phone[1] if phone else "",
        postcode=code[1].strip() if code else "",
        gender={"F": "female", "M": "male"}.get(sex[1], "") if sex else "",
        ids=tuple(re.findall(r"<(?:\w+:)?id\b[^>]*\bextension=\"([^\"]+)\"", head)[:5]),
    )


def _element(text: str, name: str) -> str:
    """The first element of this name, whole; "" when there is none. In one pass, whatever was made to take long."""
    begin = re.search(rf"<(?:\w+:)?{name}\b", text)
    end = re.compile(rf"</(?:\w+:)?{name}>").search(text, begin.end()) if begin else None
    return text[begin.start() : end.end()][:MOST] if begin and end else ""


def _birth(text: str) -> str:
    try:
        return matching.birth(text)
    except ValueError:
        return ""
