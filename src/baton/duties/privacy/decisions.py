"""Whether something may leave: one pure decision per item, with the permission used, the consents it depends on, and what goes along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from baton.duties.privacy.consent_terms import PERMISSION, RESTRICTING, Terms, labels_of
from baton.fhir.resource import codings
from baton.rules import permissions
from baton.rules.tables import Row

NOTICE, SCOPE = "part2-statement-2", "part2-consent-scope"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who would receive: by name, by reference when on file; `kind` is one of rules.permissions.RECIPIENTS, `address` where it goes."""

    name: str
    kind: str
    reference: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """To whom, what for and when. `paper`: what the request came on (a court order, a waiver), where the rule wants one.

    `told` is what the patient said a family member may be told: everything, appointments, nothing.
    """

    recipient: Recipient
    purpose: str
    day: date
    paper: str | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that might leave: its "Type/id", what it is (type and codes), its security labels."""

    reference: str
    kinds: frozenset[str]
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of one item, and why.

    `permission` is the rule used, "" when denied; `because` a code; `consents` those used or, when denied, those in the way;
    `depends` those without which it would be decided otherwise; `notices` what must go along.
    """

    reference: str
    outcome: Literal["permit", "deny"]
    permission: str
    because: str
    consents: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    label: str | None = None

    @property
    def leaves(self) -> bool:
        """Whether it may leave."""
        return self.outcome == "permit"


def item_of(resource: Mapping[str, Any]) -> Item:
    """A resource as a thing that might leave."""
    reference = f"{resource['resourceType']}/{resource.get('id', '')}"
    coded = [resource.get("type"), resource.get("code"), *resource.get("category", ())]
    kinds = {code for each in coded if isinstance(each, Mapping) for _, code in codings(each)}
    return Item(reference, frozenset({str(resource["resourceType"]), *kinds}), labels_of(resource))


def decide(consents: Sequence[Terms], items: Iterable[Item], asked: Asked) -> tuple[Decision, ...]:
    """One decision per item, in their order. The same consents, items and question always give the same decisions."""
    ordered = sorted(consents, key=lambda each: each.id)
    return tuple(_decide(ordered, item, asked) for item in items)


def _decide(consents: Sequence[Terms], item: Item, asked: Asked) -> Decision:
    hindering = [each for each in consents if each.kind in RESTRICTING and _binds(each, item, asked)]
    if hindering:
        alone = (hindering[0].reference,) if len(hindering) == 1 else ()
        return Decision(item.reference, "deny", "", hindering[0].kind, (hindering[0].reference,), alone)
    rule = _rule(item, asked)
    strict = [found for code in sorted(item.labels) if (found := permissions.label(code, asked.day)) and not _freely(found, rule, asked)]
    if rule is not None and not strict:
        return Decision(item.reference, "permit", rule.code, _because(rule, item, asked))
    return _by_consent(consents, item, asked, strict)


def _binds(terms: Terms, item: Item, asked: Asked) -> bool:
    to, day = asked.recipient, asked.day
    if terms.state(day) != "usable" or not permissions.binds(terms.kind, asked.purpose, to.kind, day):
        return False
    whole = not (terms.classes or terms.labels or terms.data)
    return terms.reaches(to.name, to.reference, to.kind, asked.purpose) and (
        whole or terms.covers(item.kinds, item.labels, item.reference, None)
    )


def _rule(item: Item, asked: Asked) -> Row | None:
    """The permission that takes no consent; a family member is told only what the patient said they may be told."""
    rule = permissions.permission(asked.purpose, asked.recipient.kind, asked.day, paper=bool((asked.paper or "").strip()))
    if rule is not None and rule.code == "involved" and asked.told != "everything":
        return rule if asked.told == "appointments" and "Appointment" in item.kinds else None
    return rule


def _freely(label: Row, rule: Row | None, asked: Asked) -> bool:
    """Whether the permission suffices for what carries this label."""
    if rule is None:
        return False
    said = label.values
    if asked.purpose == permissions.EMERGENCY and rule.code == "treatment":
        return bool(said["emergency"])
    if rule.code == "individual":
        return bool(said["own"])
    return rule.code in said["freely"] or (bool(said["by_paper"]) and bool(rule.values["needs_paper"]))


def _because(rule: Row, item: Item, asked: Asked) -> str:
    emergency = asked.purpose == permissions.EMERGENCY and permissions.PART2 in item.labels
    return "part2-emergency" if emergency else rule.code


def _by_consent(consents: Sequence[Terms], item: Item, asked: Asked, strict: Sequence[Row]) -> Decision:
    """What carries a label takes a consent that names it; anything else an authorisation."""
    wanted: list[tuple[str | None, tuple[str, ...]]] = [(row.code, tuple(row.values["consent"])) for row in strict]
    used: list[Terms] = []
    depends: list[str] = []
    for label, kinds in wanted or [(None, ("authorisation",))]:
        speaking = [each for each in consents if PERMISSION.get(each.kind) in kinds and _speaks(each, item, asked, label)]
        found = [each for each in speaking if each.state(asked.day) == "usable"]
        if not found:
            return _denied(item, label, kinds, speaking, asked)
        used.append(found[0])
        if len(found) == 1:
            depends.append(found[0].reference)
    part2 = any(each.kind == "part2" for each in used)
    named = tuple(dict.fromkeys(each.reference for each in used))
    permission = "part2-consent" if part2 else "authorisation"
    notices = (NOTICE, SCOPE) if part2 else ()
    return Decision(
        item.reference, "permit", permission, permission, named, tuple(dict.fromkeys(depends)), notices, wanted[0][0] if wanted else None
    )


def _speaks(terms: Terms, item: Item, asked: Asked, label: str | None) -> bool:
    to = asked.recipient
    return terms.covers(item.kinds, item.labels, item.reference, label) and terms.reaches(to.name, to.reference, to.kind, asked.purpose)


def _denied(item: Item, label: str | None, kinds: Sequence[str], speaking: Sequence[Terms], asked: Asked) -> Decision:
    if speaking:
        nearest = speaking[0]
        return Decision(item.reference, "deny", "", f"consent-{nearest.state(asked.day)}", (nearest.reference,), label=label)
    if label == permissions.PSYCHOTHERAPY:
        because = "psychotherapy-notes"
    else:
        because = "needs-part2-consent" if "part2-consent" in kinds else "needs-authorisation"
    return Decision(item.reference, "deny", "", because, label=label)
