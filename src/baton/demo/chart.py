"""What was known about a person when the town's month began: the chart an organization brings along when it starts to work with the hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from baton.demo import clinical, shapes
from baton.demo.dice import Dice
from baton.demo.names import LANGUAGES, ORIGINS, RACES, RELATIONS
from baton.demo.people import Kin, Person
from baton.demo.places import CITY, COORDINATORS, DOCTORS, MRN, PLACES, POSTCODE, STATE, TEAMS, P, at, concept, doctor_id, reference
from baton.demo.sayings import vary
from baton.duties.team.looking_after import COORDINATOR, ROLE

Resource = dict[str, Any]

HL7 = "http://terminology.hl7.org/CodeSystem"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
GOALS = {
    "heart-failure": ("Walk to the corner store without stopping", "walk", 1.35),
    "diabetes": ("Sugar under control without night-time lows", "a1c", 0.82),
    "depression": ("Feel like myself again", "phq9", 0.5),
    "obesity": ("Fit into my wedding suit", "weight", 0.92),
    "copd": ("Play with my grandchildren in the yard", "walk", 1.3),
}
LABS = {
    "diabetes": ("a1c",), "kidney": ("creatinine", "potassium"), "lipids": ("ldl",), "anemia": ("hemoglobin",),
    "heart-failure": ("bnp", "creatinine"), "depression": ("phq9",), "copd": ("oxygen",), "colon-cancer": ("hemoglobin",),
}  # fmt: skip
PAYMENT = "https://nahdo.org/sopt"
KINDS_OF_PAYMENT = {
    "medicare": ("1", "Medicare"), "medicaid": ("2", "Medicaid"), "seaboard": ("5", "Private health insurance"),
    "veterans": ("32", "Department of Veterans Affairs"),
}  # fmt: skip
"""What a payer is in the Source of Payment Typology, to which US Core binds Coverage.type."""
PAYERS = {
    "old": {"medicare": 0.47, "medicare seaboard": 0.26, "medicare medicaid": 0.17, "medicare veterans": 0.04, "veterans": 0.04, "": 0.02},
    "grown": {"seaboard": 0.53, "medicaid": 0.27, "medicare": 0.02, "medicare medicaid": 0.03, "veterans": 0.05, "": 0.1},
    "child": {"medicaid": 0.46, "seaboard": 0.5, "": 0.04},
}  # fmt: skip
"""Who pays for whom, by age; PROPOSED shares, near those of a New England town."""
FLAGS = (("safety", "Fall risk"), ("safety", "Lives alone, check heat and food"), ("admin", "Interpreter booked through the language line"))


def _flag(person: Person) -> tuple[str, str]:
    """What to look out for with an old person."""
    kind, text = FLAGS[1 if person.alone else 0]
    return kind, vary(text, person.index)


def chart(seed: int, person: Person, begun: date, zone: ZoneInfo) -> Iterator[Resource]:
    """Every resource of one person as of the day `begun`: the Patient first, then those who refer to it, at last whose record it was."""
    known = list(_chart(seed, person, begun, zone))
    yield from known
    yield _origin(person, known, begun, zone)


def _origin(person: Person, known: Iterable[Resource], begun: date, zone: ZoneInfo) -> Resource:
    """From whom all of it came: the place that keeps their record. What says of itself who said it is nearer."""
    place = PLACES[person.primary]
    return {
        "resourceType": "Provenance", "id": f"{person.id}-origin", "recorded": datetime.combine(begun, time(6), zone).isoformat(),
        "target": [{"reference": f"{each['resourceType']}/{each['id']}"} for each in known],
        "agent": [{"type": concept(f"{HL7}/provenance-participant-type", "author", "Author"), "who": at(place)}],
    }  # fmt: skip


def _chart(seed: int, person: Person, begun: date, zone: ZoneInfo) -> Iterator[Resource]:
    dice = Dice(seed, "chart", person.index)
    yield patient(dice, person)
    yield care_team(person)
    for number, kin in enumerate(person.kin):
        yield related_person(f"{person.id}-kin{number + 1}", person, kin)
    yield from _coverage(seed, person)
    yield from _problems(dice, person, begun)
    yield from _allergies(dice, person, begun)
    yield from _visits(dice, person, begun, zone)
    yield from _goals(dice, person, begun, zone)
    if person.age >= 80 and dice.chance(0.4):
        yield shapes.flag(f"{person.id}-flag", person, *_flag(person), begun - timedelta(days=90))


def patient(dice: Dice, person: Person) -> Resource:
    """The Patient."""
    telecom = [{"system": "phone", "value": person.phone, "use": "mobile" if person.age < 75 or dice.chance(0.5) else "home", "rank": 1}]
    if 18 <= person.age < 70 and dice.chance(0.6):
        telecom.append({"system": "email", "value": f"{person.id}@mail.example", "use": "home"})
    address = {"use": "home", "line": [person.street], "city": CITY, "state": STATE, "postalCode": POSTCODE, "country": "US"}
    place = PLACES[person.primary]
    given, family, title = dice.choice(DOCTORS[place.id])
    resource: Resource = {
        "resourceType": "Patient", "id": person.id, "meta": {"profile": [f"{US_CORE}/us-core-patient"]},
        "extension": _extensions(dice, person),
        "identifier": [{"use": "usual", "type": concept("http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "Medical record number"),
                        "system": MRN, "value": person.mrn}],
        "active": True, "name": [{"use": "official", "family": person.family, "given": [person.given]}], "telecom": telecom,
        "gender": person.gender, "birthDate": person.born.isoformat(), "address": [address],
        "communication": [{"language": _language(person.language), "preferred": True}],
        "generalPractitioner": [reference("Practitioner", doctor_id(given, family), f"{given} {family}, {title}, {place.name}")],
    }  # fmt: skip
    if person.language != "en":
        resource["communication"].append({"language": _language("en")})
    return resource


def _language(code: str) -> Resource:
    return {"coding": [{"system": "urn:ietf:bcp:47", "code": code, "display": LANGUAGES[code]}], "text": LANGUAGES[code]}


def _extensions(dice: Dice, person: Person) -> list[Resource]:
    origin = ORIGINS[person.origin]
    ethnicity = ("2135-2", "Hispanic or Latino") if origin.hispanic else ("2186-5", "Not Hispanic or Latino")
    found = [_omb("us-core-race", origin.race, RACES[origin.race]), _omb("us-core-ethnicity", *ethnicity)]
    found.append({"url": f"{US_CORE}/us-core-birthsex", "valueCode": "F" if person.gender == "female" else "M"})
    if person.language != "en":
        found.append({"url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": person.interpreter})
    if dice.chance(0.7):
        parts: list[Resource] = [{"url": "channel", "valueCode": dice.weighted({"phone": 0.7, "sms": 0.2, "portal": 0.1})}]
        if dice.chance(0.6):
            parts.append(
                {"url": "best-time", "valueString": dice.choice(("mornings", "after 15:00", "lunch hour", "before dialysis", "evenings"))}
            )
        if dice.chance(0.7):
            parts.append({"url": "voicemail", "valueBoolean": dice.chance(0.75)})
        found.append({"url": f"{P}/StructureDefinition/contact-preferences", "extension": parts})
    return found


def _omb(name: str, code: str, text: str) -> Resource:
    coding = {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code, "display": text}
    return {"url": f"{US_CORE}/{name}", "extension": [{"url": "ombCategory", "valueCoding": coding}, {"url": "text", "valueString": text}]}


def care_team(person: Person) -> Resource:
    """Which team looks after them, and who in it by name."""
    by_name = COORDINATORS[person.team]
    return {
        "resourceType": "CareTeam", "id": f"{person.id}-team", "status": "active", "subject": reference("Patient", person.id, person.name),
        "participant": [
            {"member": reference("Organization", person.team, TEAMS[person.team])},
            {"role": [{"coding": [{"system": ROLE, "code": COORDINATOR}]}], "member": reference("Practitioner", by_name.id, by_name.name)},
        ],
    }  # fmt: skip


def related_person(id_: str, person: Person, kin: Kin) -> Resource:
    """Somebody close to them."""
    resource: Resource = {
        "resourceType": "RelatedPerson", "id": id_, "active": True, "patient": reference("Patient", person.id, person.name),
        "relationship": [concept(shapes.ROLE, kin.relation, RELATIONS[kin.relation])],
        "name": [{"family": kin.family, "given": [kin.given]}],
        "telecom": [{"system": "phone", "value": kin.phone, "use": "mobile", **({"rank": 1} if kin.first else {})}], "gender": kin.gender,
    }  # fmt: skip
    if kin.told:
        resource["extension"] = [{"url": f"{P}/StructureDefinition/may-be-told", "valueCode": kin.told}]
    return resource


def _coverage(seed: int, person: Person) -> Iterator[Resource]:
    """Who pays, as in a town of its age and means: some have two, some nobody."""
    dice = Dice(seed, "coverage", person.index)
    payers = dice.weighted(PAYERS["old" if person.age >= 65 else "grown" if person.age >= 18 else "child"]).split()
    for order, payer in enumerate(payers, start=1):
        yield {
            "resourceType": "Coverage", "id": f"{person.id}-cover{order}", "status": "active", "order": order,
            "type": concept(PAYMENT, *KINDS_OF_PAYMENT[payer]), "beneficiary": reference("Patient", person.id, person.name),
            "subscriberId": f"L{person.mrn}{order}", "payor": [at(PLACES[payer])],
        }  # fmt: skip


def _problems(dice: Dice, person: Person, begun: date) -> Iterator[Resource]:
    taken: set[str] = set()
    for number, name in enumerate(person.problems):
        problem = clinical.PROBLEMS[name]
        onset = begun - timedelta(days=dice.randint(120, max(200, 340 * min(12, max(1, person.age - problem.ages[0])))))
        onset = max(onset, person.born)
        yield shapes.condition(
            f"{person.id}-problem{number + 1}", person, shapes.coded(clinical.SNOMED, problem.snomed, problem.text, problem.icd10), onset
        )
        for drug in problem.medicines[: 1 if dice.chance(0.4) else 3]:
            if drug not in taken and (onset := max(onset, begun - timedelta(days=700))):
                taken.add(drug)
                yield shapes.medication_request(f"{person.id}-{drug}", person, drug, onset)


def _allergies(dice: Dice, person: Person, begun: date) -> Iterator[Resource]:
    for number, code in enumerate(dice.sample(sorted(clinical.ALLERGIES), dice.choice((0, 0, 0, 1, 1, 2)))):
        text, (sign, sign_text), criticality = clinical.ALLERGIES[code]
        yield {
            "resourceType": "AllergyIntolerance", "id": f"{person.id}-allergy{number + 1}", "criticality": criticality,
            "clinicalStatus": concept(f"{HL7}/allergyintolerance-clinical", "active", "Active"),
            "verificationStatus": concept(f"{HL7}/allergyintolerance-verification", "confirmed", "Confirmed"),
            "code": concept(clinical.SNOMED, code, text), "patient": reference("Patient", person.id, person.name),
            "recordedDate": (begun - timedelta(days=dice.randint(100, 1500))).isoformat(),
            "reaction": [{"manifestation": [concept(clinical.SNOMED, sign, sign_text)]}],
        }  # fmt: skip


def _visits(dice: Dice, person: Person, begun: date, zone: ZoneInfo) -> Iterator[Resource]:
    place = PLACES[person.primary]
    for number in range(dice.randint(1, 2 + min(2, len(person.problems) // 2))):
        day = begun - timedelta(days=dice.randint(20 + 110 * number, 110 + 110 * number))
        start = _working(dice, day, zone)
        if start.date() <= person.born:
            continue
        id_ = f"{person.id}-visit{number + 1}"
        yield shapes.visit(id_, person, place, start, start + timedelta(minutes=30))
        yield shapes.blood_pressure(f"{id_}-bp", person, dice.randint(104, 164), dice.randint(58, 96), start)
        yield _measured(dice, f"{id_}-pulse", person, "pulse", start)
        for measure in dict.fromkeys(lab for problem in person.problems for lab in LABS.get(problem, ())):
            yield _measured(dice, f"{id_}-{measure}", person, measure, start)
        if number == 0 and dice.chance(0.7):
            code = "140"
            yield {
                "resourceType": "Immunization", "id": f"{person.id}-flu", "status": "completed",
                "vaccineCode": concept(clinical.CVX, code, clinical.VACCINES[code]), "occurrenceDateTime": start.date().isoformat(),
                "patient": reference("Patient", person.id, person.name),
            }  # fmt: skip


def _working(dice: Dice, day: date, zone: ZoneInfo) -> datetime:
    """Some time of a working day, on or after this one."""
    day += timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])
    return datetime.combine(day, time(dice.randint(8, 16), dice.choice((0, 15, 30, 45))), tzinfo=zone)


def _measured(dice: Dice, id_: str, person: Person, measure: str, when: datetime) -> Resource:
    low, high = clinical.MEASURES[measure][4]
    digits = 0 if high > 50 else 1
    value = round(dice.uniform(low, high), digits)
    return shapes.observation(id_, person, measure, int(value) if digits == 0 else value, when)


def _goals(dice: Dice, person: Person, begun: date, zone: ZoneInfo) -> Iterator[Resource]:
    for name in person.problems:
        if name not in GOALS or person.age < 18 or not dice.chance(0.55):
            continue
        words, measure, factor = GOALS[name]
        low, high = clinical.MEASURES[measure][4]
        first = round(low + (high - low) * (0.2 if factor > 1 else 0.8), 1 if high < 50 else 0)
        aim = round(first * factor, 1 if high < 50 else 0)
        id_ = f"{person.id}-goal-{measure}"
        started = begun - timedelta(days=60)
        yield shapes.goal(id_, person, vary(words, person.index), measure, aim, started, begun + timedelta(days=125))
        for step, share in enumerate((0.0, dice.uniform(0.05, 0.4))):
            when = _working(dice, started + timedelta(days=2 + 30 * step), zone)
            value = round(first + (aim - first) * share, 1 if high < 50 else 0)
            yield shapes.observation(f"{id_}-{step + 1}", person, measure, value, when)
        return
