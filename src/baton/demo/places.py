"""The town of Larkhaven itself: hospitals, clinics, agencies, teams, and the people who work there. All invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from baton.store import Who

Resource = dict[str, Any]

P = "https://baton.example/fhir"
STAFF_ROLE = f"{P}/CodeSystem/staff-role"
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
LICENCE = "http://terminology.hl7.org/CodeSystem/v2-0360"
LICENCES = {"RN": "Registered nurse", "MD": "Doctor of medicine", "PharmD": "Doctor of pharmacy"}
MRN = f"{P}/NamingSystem/larkhaven-mrn"
CITY, STATE, POSTCODE = "Larkhaven", "RI", "02999"
EASTERN = "America/New_York"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere care is given: its id, name, kind (organization-type), service, street, telephone."""

    id: str
    name: str
    kind: str
    service: str
    street: str
    phone: str


def _places(rows: str) -> dict[str, Place]:
    taken = [Place(*(cell.strip() for cell in row.split("|"))) for row in rows.strip().splitlines()]
    return {place.id: place for place in taken}


PLACES = _places("""
larkhaven-general | Larkhaven General    | prov | Hospital            | 1 Signal Hill Road      | (401) 555-0100
st-brendans       | St. Brendan’s        | prov | Hospital            | 400 Abbey Street        | (401) 555-0101
cedar-court       | Cedar Court          | prov | Skilled nursing     | 22 Cedar Court          | (401) 555-0102
foundry-family    | Foundry Family Medicine | prov | Primary care     | 88 Foundry Street       | (401) 555-0103
harborview        | Harborview Primary Care | prov | Primary care     | 15 Lighthouse Lane      | (401) 555-0104
little-wharf      | Little Wharf Pediatrics | prov | Pediatrics       | 3 Wharf Street          | (401) 555-0105
heart-clinic      | Larkhaven Heart Clinic  | prov | Cardiology       | 120 Signal Hill Road    | (401) 555-0106
bayline-oncology  | Bayline Oncology     | prov | Oncology            | 64 Bayline Avenue       | (401) 555-0107
mill-pond         | Mill Pond Geriatrics | prov | Geriatric medicine  | 7 Mill Pond Road        | (401) 555-0108
lung-clinic       | Coastal Lung Clinic  | prov | Pulmonology         | 122 Signal Hill Road    | (401) 555-0109
kidney-care       | Larkhaven Kidney Care | prov | Nephrology         | 41 Cannery Row          | (401) 555-0110
bone-joint        | Bone & Joint Larkhaven | prov | Orthopedics       | 124 Signal Hill Road    | (401) 555-0111
endocrine         | Larkhaven Endocrine  | prov | Endocrinology       | 126 Signal Hill Road    | (401) 555-0112
harbor-behavioral | Harbor Behavioral Health | prov | Behavioral health | 19 Orchard Street      | (401) 555-0113
hillside          | Hillside Recovery    | prov | Substance use program | 77 Hillside Road      | (401) 555-0124
tidewater         | Tidewater Home Health | prov | Home health        | 52 Juniper Avenue       | (401) 555-0114
alder-pharmacy    | Alder Street Pharmacy | bus | Pharmacy            | 10 Alder Street         | (401) 555-0115
cannery-pharmacy  | Cannery Pharmacy     | bus  | Pharmacy            | 39 Cannery Row          | (401) 555-0116
food-bank         | Larkhaven Food Bank  | cg   | Food bank           | 5 Depot Street          | (401) 555-0117
meals             | Meals at the Door    | cg   | Meals               | 8 Depot Street          | (401) 555-0118
bay-riders        | Bay Riders           | cg   | Rides               | 60 Depot Street         | (401) 555-0119
housing-help      | Harbor Housing Help  | cg   | Housing             | 31 Orchard Street       | (401) 555-0120
seaboard          | Seaboard Health Plan | pay  | Insurance           | 900 Market Street       | (401) 555-0121
medicare          | Medicare             | pay  | Insurance           | 900 Market Street       | (401) 555-0122
medicaid          | Rhode Island Medicaid | pay | Insurance           | 900 Market Street       | (401) 555-0123
northgate         | Northgate Specialty Center | prov | Specialty center | 5 Northgate Plaza    | (401) 555-0125
veterans          | Veterans Health Benefits | pay | Insurance        | 1 Depot Street          | (401) 555-0126
""")
TYPES = {
    "prov": "Healthcare Provider",
    "bus": "Non-Healthcare Business or Corporation",
    "cg": "Community Group",
    "pay": "Payer",
    "team": "Organizational team",
}
RECIPIENTS = {"Hospital": "facility", "Skilled nursing": "facility", "Pharmacy": "pharmacy", "Substance use program": "part2-program"}
"""What a place is to those who send and ask for records, where its kind does not say."""
AFTERCARE = {place.service: place for place in PLACES.values() if place.kind == "prov"}
ELSEWHERE = {"northgate": ("Northgate", "02988")}
"""What lies in another town: its name and ZIP code."""
HOSPITALS = ("larkhaven-general", "st-brendans")

TEAMS = {
    "hospital-transitions": "Hospital Transitions",
    "outpatient-coordination": "Outpatient Coordination",
    "heart-vascular": "Heart & Vascular",
    "oncology-navigation": "Oncology Navigation",
    "geriatrics": "Geriatrics",
    "case-management": "Case Management",
}


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who works with the hub: who they are, their role in the house, their teams."""

    given: str
    family: str
    credentials: str
    role: str
    teams: tuple[str, ...]
    does: str
    speaks: tuple[str, ...] = ("en",)
    mentor: str = ""  # the id of whoever guides them
    share: int = 100  # percent of full time

    @property
    def id(self) -> str:
        """Their Practitioner's id."""
        return f"{self.given} {self.family}".lower().replace(" ", "-").replace("é", "e")

    @property
    def name(self) -> str:
        """As colleagues say it."""
        return f"{self.given} {self.family}"

    @property
    def email(self) -> str:
        """The address they sign in with."""
        return f"{self.id.replace('-', '.')}@baton.example"

    @property
    def licence(self) -> str:
        """Their licence as HL7 table 0360 has it; empty when what they have is none."""
        return self.credentials if self.credentials in LICENCES else ""

    @property
    def who(self) -> Who:
        """Them, answering for what they did in the past month."""
        return Who(f"Practitioner/{self.id}", self.name, self.role, tuple(f"Organization/{team}" for team in self.teams), "demo")


WORKERS = {
    worker.id: worker
    for worker in (
        Worker("Rosa", "Delgado", "RN", "coordinator", ("hospital-transitions",), "Hospital-based care coordinator", ("en", "es")),
        Worker("Tom", "Brandt", "MA", "coordinator", ("outpatient-coordination",), "Outpatient care coordinator"),
        Worker("Mei", "Lin", "RN", "coordinator", ("oncology-navigation",), "Oncology nurse navigator", ("en", "zh"), "", 60),
        Worker("Andre", "Walker", "RN", "coordinator", ("heart-vascular",), "Cardiology nurse coordinator"),
        Worker("Hannah", "Fisher", "LCSW", "coordinator", ("geriatrics",), "Geriatric social worker"),
        Worker("Priya", "Nair", "CCM", "coordinator", ("case-management",), "Case manager", ("en", "hi", "yue")),
        Worker("Grace", "Kim", "RN", "senior", tuple(TEAMS), "Senior care coordinator", ("en", "ko"), "", 20),
        Worker(
            "Luis", "Ortega", "MPH", "supervisor", ("hospital-transitions", "outpatient-coordination"), "Supervisor of care coordination"
        ),
        Worker("Dana", "Roth", "", "administrator", ("outpatient-coordination",), "Administrator"),
        Worker("Amara", "Okonkwo", "MD", "clinician", ("outpatient-coordination", "hospital-transitions"), "Primary care physician"),
        Worker(
            "Sam", "Tolland", "", "coordinator", ("outpatient-coordination",), "Care coordinator, in their third week", ("en", "es"),
            "grace-kim", 50,
        ),
        Worker("Elena", "Petrova", "PharmD", "pharmacist", ("outpatient-coordination", "heart-vascular"), "Clinical pharmacist"),
        Worker("Marcus", "Bell", "LCSW", "social-worker", ("geriatrics", "case-management"), "Social worker"),
        Worker("Ines", "Duarte", "", "records-clerk", ("outpatient-coordination",), "Records clerk", ("en", "pt")),
        Worker("Owen", "Pike", "", "auditor", ("outpatient-coordination",), "Privacy auditor"),
        Worker("Jo", "Lindgren", "", "student", ("geriatrics",), "Nursing student", ("en",), "grace-kim"),
    )
}  # fmt: skip
RECONCILES = WORKERS["grace-kim"]
"""Who goes through the medicines where the coordinator has no licence for it."""
COORDINATORS = {worker.teams[0]: worker for worker in WORKERS.values() if worker.role == "coordinator" and not worker.mentor}

DOCTORS = {  # place -> those who see patients there
    "foundry-family": (("Amara", "Okonkwo", "MD"), ("Peter", "Lindqvist", "DO"), ("Rachel", "Stein", "NP")),
    "harborview": (("Samuel", "Osei", "MD"), ("Joan", "Penrose", "MD"), ("Minh", "Cao", "NP")),
    "little-wharf": (("Beatriz", "Solano", "MD"), ("Karim", "Fayad", "MD")),
    "heart-clinic": (("Ingrid", "Sørensen", "MD"), ("Devon", "Pettway", "PA")),
    "bayline-oncology": (("Claire", "Beaumont", "MD"), ("Wei", "Zhang", "MD")),
    "mill-pond": (("Ruth", "Ashworth", "MD"),),
    "lung-clinic": (("Viktor", "Zorin", "MD"),),
    "kidney-care": (("Sunita", "Rao", "MD"),),
    "bone-joint": (("Gonçalo", "Moreira", "MD"),),
    "endocrine": (("Halina", "Wrona", "MD"),),
    "harbor-behavioral": (("Naomi", "Castellan", "PsyD"),),
}
VISITING = (  # doctors of the specialty center in the next town: names, and the specialty of each
    ("Ottilie", "Brandvold", "MD", "Cardiology"),
    ("Fionnuala", "Kinsella", "MD", "Pulmonology"),
    ("Ifeoma", "Adeyemi", "MD", "Oncology"),
    ("Bertrand", "Oakes", "MD", "Geriatric medicine"),
    ("Saoirse", "Lund", "PsyD", "Behavioral health"),
    ("Ignacio", "Bellver", "MD", "Primary care"),
)


def doctor_id(given: str, family: str) -> str:
    """A practitioner's id, in plain letters."""
    plain = f"{given}-{family}".lower()
    return plain.translate(str.maketrans("đặñøçóãéáí", "danocoaeai"))


def reference(type_: str, id_: str, display: str = "") -> Resource:
    """A Reference that says what it points at."""
    return {"reference": f"{type_}/{id_}", **({"display": display} if display else {})}


def at(place: Place) -> Resource:
    """A Reference to a place."""
    return reference("Organization", place.id, place.name)


def concept(system: str, code: str, text: str) -> Resource:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}], "text": text}


def feed(place: Place) -> Who:
    """The messages of a hospital, answering for what they bring."""
    return Who(f"Device/{place.id}-adt", f"{place.name}, admissions and discharges", "system", (), "demo")
