"""Who acts, what the door answers with, and the ways it says no."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from baton.fhir import resource as fhir_resource
from baton.fhir.outcome import Issue

if TYPE_CHECKING:
    from baton.store.limits import Limits

Resource = dict[str, Any]

STAFF = (
    "administrator",
    "supervisor",
    "senior",
    "coordinator",
    "clinician",
    "pharmacist",
    "social-worker",
    "records-clerk",
    "auditor",
    "student",
    "system",
)
"""The roles of the house, the most entitled first among those of people."""
PORTAL = ("patient", "related")
"""The roles of the portal: a patient, and somebody a patient lets in. Nobody of the house has them."""
ROLES = (*STAFF, *PORTAL)
"""The roles there are."""
SEE_EVERYONE = frozenset({"administrator", "supervisor", "system"})


OUTCOMES = {"success": None, "refused": 4, "failed": 8, "serious": 12}
"""How something recorded ended, and the code of FHIR's AuditEvent.outcome it is kept as."""


@dataclass(frozen=True, slots=True)
class Who:
    """The one answerable for a view or a change."""

    person: str  # "Practitioner/<id>"; in the portal "Patient/<id>" or "RelatedPerson/<id>"; or "Device/baton" for the hub itself
    name: str
    role: str  # one of ROLES; any other sees and does nothing
    teams: tuple[str, ...]  # "Organization/<id>" each
    entrance: str  # desk | portal | api | load | worker | cli | demo
    purpose: str = "TREAT"  # a code of v3-PurposeOfUse
    on_behalf_of: str | None = None
    covering: tuple[str, ...] = ()  # those of the teams they stand in for
    mentoring: tuple[str, ...] = ()  # those of the teams they mentor or learn in
    also: tuple[str, ...] = ()  # how else patients' resources name them: "PractitionerRole/<id>" each
    limits: Limits | None = None  # of the program that acts for them; None when they act themselves
    lent: str = ""  # the role that is theirs, when they were lent the sight of another

    @property
    def own_role(self) -> str:
        """The role they have: what is recorded, whatever sight they were lent."""
        return self.lent or self.role

    @property
    def known(self) -> bool:
        """Whether the role is one of the house; deny by default."""
        return self.role in ROLES

    @property
    def through(self) -> str:
        """ " through <program>", for the record of what was done; empty when they act themselves."""
        return f" through {self.limits.client}" if self.limits is not None else ""

    @property
    def sees_everyone(self) -> bool:
        """Whether all patients are theirs to see; the others see the patients of their teams."""
        return self.role in SEE_EVERYONE


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of a resource as the store keeps it; a body of None is a deletion."""

    type: str
    id: str
    version: int
    last_updated: datetime  # aware UTC
    body: bytes | None

    @property
    def reference(self) -> str:
        """The relative reference to it."""
        return f"{self.type}/{self.id}"

    def resource(self) -> Resource:
        """The parsed body. Raises Gone for a deletion."""
        if self.body is None:
            raise Gone(f"{self.reference} was deleted.")
        return fhir_resource.parse(self.body)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search or a history; `next` is the cursor of the page after it, None on the last."""

    entries: list[Stored]
    included: list[Stored] = field(default_factory=list)
    total: int | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One open promise of the worklist with the bodies a page needs."""

    task_id: str
    version: int
    patient: str | None  # "Patient/<id>"
    code: str
    owner: str | None  # "Organization/<id>" or "Practitioner/<id>"
    due: datetime
    asleep_until: datetime | None
    status: str
    task: Resource
    patient_body: bytes | None
    place: str = ""  # the cursor of what comes after it


@dataclass(frozen=True, slots=True)
class Standing:
    """What is open for one patient: how many promises, and the one due first."""

    open: int
    first: PromiseRow


class Refused(Exception):  # noqa: N818
    """The store refused; `issues` say why, `status` is the HTTP status an entrance answers with."""

    status: int = 400
    code: ClassVar[str] = "processing"
    about: str | None = None
    """The resource ("Type/id") the issues speak of, where several were written at once."""
    noted: bool = False
    """Whether the refusal is recorded already."""

    def __init__(self, reason: str | Iterable[Issue], *, expression: str | None = None, code: str | None = None, status: int | None = None):
        """One sentence, or the issues themselves."""
        if isinstance(reason, str):
            self.issues: tuple[Issue, ...] = (Issue("error", code or self.code, reason, expression),)
        else:
            self.issues = tuple(reason)
        if status is not None:
            self.status = status
        super().__init__("; ".join(issue.text for issue in self.issues))


class Invalid(Refused):
    """The resource or the request breaks a rule."""

    status = 422
    code = "invalid"


class NotFound(Refused):
    """There is no such resource, or none this person may see: the two are told apart by nobody."""

    status = 404
    code = "not-found"


class Gone(Refused):
    """The resource was deleted."""

    status = 410
    code = "deleted"


class Forbidden(Refused):
    """This person may not do this."""

    status = 403
    code = "forbidden"


class Conflict(Refused):
    """Someone else changed the same thing at the same moment; trying again is safe."""

    status = 409
    code = "conflict"


class PreconditionFailed(Refused):
    """The version named in If-Match is not the current one."""

    status = 412
    code = "conflict"
