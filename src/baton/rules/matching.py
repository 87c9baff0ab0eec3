"""Whose paper is it: what it says of its patient beside those on file, identifier by identifier, and whether that is enough.

Table: data/matching.json. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import jellyfish

from baton.rules.tables import Row, table

TABLE = "matching"
IDENTIFIERS = ("name", "birth-date", "mrn", "phone", "postcode", "gender")
MONTHS = {name: place for place, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
MONTHS |= {"ene": 1, "abr": 4, "ago": 8, "dic": 12}


@dataclass(frozen=True, slots=True)
class Said:
    """What a paper says of its patient. `birth`: YYYY-MM-DD, with ? for each digit that cannot be read; `ids`: numbers of others."""

    name: str = ""
    birth: str = ""
    mrn: str = ""
    phone: str = ""
    postcode: str = ""
    gender: str = ""
    ids: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether it says nothing by which anybody could be found."""
        return not (self.name or self.birth or self.mrn or self.phone or self.ids)


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody on file, as far as papers say it too. `names`: each as (family, given names)."""

    reference: str
    names: tuple[tuple[str, str], ...]
    birth: str = ""
    mrns: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody it may be: how each identifier agrees, and the points that makes."""

    reference: str
    reasons: tuple[tuple[str, str], ...]
    points: int
    exact: bool  # two identifiers are the same and none is against it


@dataclass(frozen=True, slots=True)
class Match:
    """What became of the question: certain (one, and it files itself), doubtful (a person decides) or nobody."""

    state: str
    candidates: tuple[Candidate, ...]
    source: str

    @property
    def first(self) -> Candidate | None:
        """The likeliest."""
        return self.candidates[0] if self.candidates else None


def match(said: Said, people: Iterable[Known], day: date) -> Match:
    """Whose it may be, the likeliest first; those with too little in common are left out."""
    points, rule, least = (table(TABLE).row(code, day) for code in ("points", "files-itself", "shown"))
    found = [_candidate(said, each, points, rule) for each in people]
    shown = sorted((each for each in found if each.points >= least.values["count"]), key=lambda each: (-each.points, each.reference))
    certain = len(shown) == 1 and shown[0].exact
    return Match("certain" if certain else "doubtful" if shown else "nobody", tuple(shown), rule.source)


def needs_second(found: Match, day: date) -> bool:
    """Whether filing it takes two people."""
    return found.state != "certain" and table(TABLE).row("second-person", day).values["when"] == "doubtful"


def _candidate(said: Said, known: Known, points: Row, rule: Row) -> Candidate:
    reasons = tuple((identifier, verdict) for identifier in IDENTIFIERS if (verdict := COMPARED[identifier](said, known)) != "unknown")
    total = sum(points.values.get(verdict, {}).get(identifier, 0) for identifier, verdict in reasons)
    same = [identifier for identifier, verdict in reasons if verdict == "same" and identifier in rule.values["of"]]
    against = [identifier for identifier, verdict in reasons if verdict != "same" and identifier in rule.values["against"]]
    return Candidate(known.reference, reasons, total, len(same) >= rule.values["count"] and not against)


# --- one identifier at a time -------------------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Small letters without accents, words apart by one blank."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def _name(said: Said, known: Known) -> str:
    words = plain(said.name).split()
    if not words or not known.names:
        return "unknown"
    verdicts = {_named(words, family, given) for family, given in known.names}
    return next(each for each in ("same", "close", "differs") if each in verdicts)


def _named(words: Sequence[str], family: str, given: str) -> str:
    families, givens = plain(family).split(), plain(given).split()
    if not families:
        return "differs"
    first = givens[:1]
    if set(families) <= set(words) and set(first) <= set(words):
        return "same" if first else "close"
    near = all(_in(words, each) for each in families) and all(_in(words, each) or each[0] in words for each in first)
    return "close" if near else "differs"


def _in(words: Sequence[str], wanted: str) -> bool:
    """Whether a word or one a single slip away is among them."""
    return any(word == wanted or (min(len(word), len(wanted)) > 2 and _one_apart(word, wanted)) for word in words)


def _one_apart(one: str, other: str) -> bool:
    return bool(jellyfish.damerau_levenshtein_distance(one, other) == 1)


def _birth(said: Said, known: Known) -> str:
    if not said.birth or len(known.birth) != 10:
        return "unknown"
    if "?" in said.birth:
        return "unreadable" if re.fullmatch(said.birth.replace("?", r"\d"), known.birth) else "differs"
    if said.birth == known.birth:
        return "same"
    year, month, day = known.birth.split("-")
    return "close" if _one_apart(said.birth, known.birth) or said.birth == f"{year}-{day}-{month}" else "differs"


def _mrn(said: Said, known: Known) -> str:
    theirs = [_number(each) for each in known.mrns]
    if not theirs:
        return "unknown"
    if {_number(each) for each in (said.mrn, *said.ids) if each} & set(theirs):
        return "same"
    if not said.mrn:
        return "unknown"
    return "close" if any(_one_apart(_number(said.mrn), each) for each in theirs) else "differs"


def _number(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _phone(said: Said, known: Known) -> str:
    mine = _digits(said.phone)
    return "unknown" if len(mine) < 7 or not known.phones else "same" if mine in {_digits(each) for each in known.phones} else "differs"


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)[-10:]


def _postcode(said: Said, known: Known) -> str:
    mine = said.postcode.strip()[:5]
    return "unknown" if not mine or not known.postcodes else "same" if mine in {each[:5] for each in known.postcodes} else "differs"


def _gender(said: Said, known: Known) -> str:
    told = {"female", "male"}
    return "unknown" if said.gender not in told or known.gender not in told else "same" if said.gender == known.gender else "differs"


COMPARED = {"name": _name, "birth-date": _birth, "mrn": _mrn, "phone": _phone, "postcode": _postcode, "gender": _gender}


def birth(text: str) -> str:
    """A date of birth as YYYY-MM-DD from how papers write it (1943-04-12, 04/12/1943, 12 Apr 1943), ? kept. Raises ValueError."""
    low = plain_date(text)
    if not low:
        return ""
    if found := re.fullmatch(r"([\d?]{4})-([\d?]{1,2})-([\d?]{1,2})", low):
        year, month, day = found.groups()
    elif found := re.fullmatch(r"([\d?]{1,2})[/.-]([\d?]{1,2})[/.-]([\d?]{4})", low):
        month, day, year = found.groups()
    elif found := re.fullmatch(r"([\d?]{1,2}) ?([a-z]{3})[a-z]*\.?,? ([\d?]{4})|([a-z]{3})[a-z]*\.? ([\d?]{1,2}),? ([\d?]{4})", low):
        word, day, year = found[2] or found[4], found[1] or found[5], found[3] or found[6]
        month = str(MONTHS.get(word, ""))
    else:
        raise ValueError(text)
    written = f"{year}-{month.rjust(2, '0')}-{day.rjust(2, '0')}"
    if "?" not in written:
        date.fromisoformat(written)
    elif not re.fullmatch(r"[\d?]{4}-[01?][\d?]-[0-3?][\d?]", written):
        raise ValueError(text)
    return written


def plain_date(text: str) -> str:
    """A date as typed, in small letters, what stands for an unreadable digit made ?."""
    return re.sub(r"[▒█_*]", "?", " ".join(text.split())).lower()
