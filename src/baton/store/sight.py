"""What somebody sees, as conditions on rows (the first wall) and as the settings row security reads (the second)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from baton.store import labels as security
from baton.store.access import RELATIONSHIPS, Mask, Masks, alike, masks
from baton.store.codes import TYPE_CODE, key64
from baton.store.who import Who

Param = Callable[[str, str, str], str]
"""Gives the placeholder of a value in text form: (name, value, cast)."""
UNOWNED, NONE, ASSIGNED, TREATING, COVERING, MENTORING, GLASS, SELF, PROXY, HELPER = range(len(RELATIONSHIPS))
EVERYTHING = "true"


def glass_key(person: str) -> int:
    """The key by which a broken glass stands in `panel`."""
    return key64(f"glass {person}")


PORTAL_KINDS = {"patient": (SELF,), "related": (PROXY, HELPER)}
"""How the roles of the portal can stand to the one patient they are let in to."""


def portal_key(kind: str, person: str) -> int:
    """The key by which somebody whom a patient's Consent lets into the portal stands in `panel`: as self, proxy or helper."""
    return key64(f"{kind} {person}")


@dataclass(frozen=True, slots=True)
class Wall:
    """The settings row security reads. Those of the hub itself show everything and know no time."""

    fast: bytes  # by type, a letter: what without labels they see at once (012_quicker_wall.sql)
    types: bytes
    masks: bytes
    keys: bytes
    kinds: bytes

    @property
    def settings(self) -> bytes:
        """The statement that makes them."""
        names = (b"fast", b"types", b"masks", b"keys", b"kinds")
        return b"; ".join(b"set baton.%s = '%s'" % (name, getattr(self, name.decode())) for name in names)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What `who` sees: the keys they have in `panel`, the relationship each stands for, and the wall."""

    who: Who
    keys: tuple[int, ...]
    kinds: tuple[int, ...]
    wall: Wall

    @property
    def everything(self) -> bool:
        """Whether it is the hub's own: of everything."""
        return self.who.role == "system"

    def condition(self, types: Iterable[int], row: str, param: Param, now: datetime, *, hashed: bool = False) -> str:
        """Which rows (with columns patient, labels and, for several types, type) they see; "true" for all.

        `hashed`: for statements that may go through very many rows: the panel may be read once instead of being probed for each.
        """
        groups = alike(self.who.role, self.who.purpose, tuple(types))
        parts = []
        for several, codes in groups:
            condition = self._condition(several, row, param, now, hashed=hashed)
            if condition != "false":
                parts.append(condition if len(groups) == 1 else f"({row}.type in ({', '.join(map(str, codes))}) and {condition})")
        return "(" + " or ".join(parts) + ")" if len(parts) > 1 else parts[0] if parts else "false"

    def _condition(self, several: Masks, row: str, param: Param, now: datetime, *, hashed: bool) -> str:
        blocked = [mask.blocked for mask in several]
        parts = []
        if not blocked[UNOWNED] & security.ANY:
            parts.append(f"{row}.patient is null{_free(row, blocked[UNOWNED])}")
        if not blocked[NONE] & security.ANY:
            far = blocked[NONE] & security.wide()
            parts.append(f"{row}.patient is not null{_free(row, blocked[NONE])}{_not_set_apart(row, far, hashed=hashed)}")
        if parts == [f"{row}.patient is null", f"{row}.patient is not null"]:
            return EVERYTHING
        held = [(key, blocked[kind]) for key, kind in zip(self.keys, self.kinds, strict=True) if not blocked[kind] & security.ANY]
        if held and not (not blocked[NONE] & security.ANY and all(mask == blocked[NONE] for _, mask in held)):
            parts.append(_on_panel(held, row, param, now, hashed=hashed))
        return "(" + " or ".join(f"({part})" for part in parts) + ")" if parts else "false"

    def writing(self, type_: str, labels: int, patient: int | None) -> tuple[tuple[int, ...] | None, int] | None:
        """How the single statement that makes a resource asks whether it may be made: (keys, None when none are asked for; the labels
        of the patient that forbid it). None when it may not be made, or when it takes more than one question."""
        several = masks(self.who.role, self.who.purpose, "write", type_)
        if patient is None:
            return (None, 0) if not several[UNOWNED].blocked & labels else None
        if not several[NONE].blocked & labels:
            return None, several[NONE].blocked & security.wide()
        held = [(key, several[kind].blocked) for key, kind in zip(self.keys, self.kinds, strict=True) if not several[kind].blocked & labels]
        far = {mask & security.wide() for _, mask in held}
        return (tuple(key for key, _ in held), far.pop()) if len(far) == 1 else None

    def withheld(self, row: str, param: Param, now: datetime) -> str:
        """Which rows of a patient they may know to be withheld: masked, not hidden, and not seen by another relationship."""
        parts = []
        for several, codes in alike(self.who.role, self.who.purpose, ()):
            traced = tuple(Mask(mask.hidden, mask.hidden) for mask in several)
            known = self._condition(traced, row, param, now, hashed=False)
            if known != "false":
                seen = self._condition(several, row, param, now, hashed=False)
                parts.append(f"({row}.type in ({', '.join(map(str, codes))}) and {known} and not {seen})")
        return "(" + " or ".join(parts) + ")" if parts else "false"


def _free(row: str, blocked: int) -> str:
    return f" and {row}.labels & {blocked} = 0" if blocked else ""


def _not_set_apart(row: str, labels: int, *, hashed: bool) -> str:
    """Unless the whole patient carries one of these labels."""
    if not labels:
        return ""
    if hashed:
        return f" and not {row}.patient in (select w.patient from patient_label w where w.labels & {labels} <> 0)"  # noqa: S608
    return f" and not exists (select 1 from patient_label w where w.patient = {row}.patient and w.labels & {labels} <> 0 offset 0)"  # noqa: S608


def _on_panel(held: Sequence[tuple[int, int]], row: str, param: Param, now: datetime, *, hashed: bool) -> str:
    different = {mask for _, mask in held}
    keys = param("access_keys", "{" + ",".join(str(key) for key, _ in held) + "}", "bigint[]")
    at = param("access_now", now.isoformat(), "timestamptz")
    if len(different) == 1:
        mask = str(different.pop())
    else:
        several = param("access_masks", "{" + ",".join(str(mask) for _, mask in held) + "}", "integer[]")
        mask = f"({several})[array_position({keys}, x.team)]"
    mine = f"x.team = any({keys}) and x.until > {at} and x.since <= {at}"
    probe = (
        f"exists (select 1 from panel x where x.patient = {row}.patient and {mine}"  # noqa: S608
        f" and ({row}.labels | x.labels) & {mask} = 0 offset 0)"
    )
    if not hashed:
        return probe
    usual = f"{row}.labels = 1 and exists (select from panel x where x.patient = {row}.patient and {mine} and x.labels = 0)"  # noqa: S608
    special = f"({row}.labels <> 1 or {row}.patient in (select w.patient from patient_label w))"  # noqa: S608
    return f"({usual} or {special} and {probe})"


@lru_cache(maxsize=8192)
def sight(who: Who) -> Sight:
    """What somebody sees; remembered."""
    if who.role in PORTAL_KINDS:
        stands = PORTAL_KINDS[who.role]
        held = tuple(portal_key(RELATIONSHIPS[kind], who.person) for kind in stands)
        return Sight(who, held, stands, _wall(who.role, who.purpose, held, stands))
    keys: list[int] = []
    kinds: list[int] = []
    for team in who.teams:
        keys.append(key64(team))
        kinds.append(COVERING if team in who.covering else MENTORING if team in who.mentoring else ASSIGNED)
    for reference in (who.person, *who.also):
        keys.append(key64(reference))
        kinds.append(TREATING)
    keys.append(glass_key(who.person))
    kinds.append(GLASS)
    return Sight(who, tuple(keys), tuple(kinds), _wall(who.role, who.purpose, tuple(keys), tuple(kinds)))


@lru_cache(maxsize=8192)
def _wall(role: str, purpose: str, keys: tuple[int, ...], kinds: tuple[int, ...]) -> Wall:
    if role == "system":
        return Wall(b"E" * len(TYPE_CODE), b"", b"{0}", b"{}", b"{}")
    groups = alike(role, purpose, ())
    letters, fast = [""] * len(TYPE_CODE), [""] * len(TYPE_CODE)
    lines: list[int] = []
    for place, (several, codes) in enumerate(groups):
        lines += [mask.blocked for mask in several]
        for code in codes:
            letters[code - 1] = chr(65 + place)
            fast[code - 1] = _fast(several, kinds)
    return Wall("".join(fast).encode(), "".join(letters).encode(), _array(lines), _array(keys), _array(kinds))


def _fast(several: Masks, kinds: Sequence[int]) -> str:
    """O where they see what has no label of whoever it is, P where of their teams' patients, a dash where only the function can say."""
    if several[UNOWNED].blocked & security.ANY:
        return "-"
    if not several[NONE].blocked & security.ANY:
        return "O"
    return "P" if all(not several[kind].blocked & security.ANY for kind in kinds) else "-"


def _array(numbers: Iterable[int]) -> bytes:
    return ("{" + ",".join(map(str, numbers)) + "}").encode()


HUB = sight(Who("Device/baton", "Baton", "system", (), "cli"))
"""The hub's own sight: everything."""


def relationships(who: Who, rows: Iterable[tuple[int, int]]) -> dict[int, set[str]]:
    """By patient, how `who` stands to them; `rows` are (patient, team) of panel that hold now, for their keys."""
    seen = sight(who)
    kind = dict(zip(seen.keys, seen.kinds, strict=True))
    found: dict[int, set[str]] = {}
    for patient, team in rows:
        found.setdefault(patient, set()).add(RELATIONSHIPS[kind[team]])
    return found
