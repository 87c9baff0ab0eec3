"""The risk of coming back, worked out from the chart and kept with everything it was worked out from: LACE, HOSPITAL twice, BOOST's 8Ps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import shapes, states
from baton.duties.discharge.states import Plan
from baton.duties.patients import medicines
from baton.duties.support import education
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, target, text_of
from baton.rules import readmission
from baton.rules.calendar import local_day
from baton.rules.readmission import Coding, Found, Hospital, Score

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

CHART: Final = (
    "Encounter", "Condition", "Observation", "Procedure", "MedicationRequest", "MedicationStatement", "Flag", "RelatedPerson",
    "Communication",
)  # fmt: skip
SYSTEMS: Final = {
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://snomed.info/sct": "snomed",
}
VARIANT: Final = f"{codes.P}/StructureDefinition/day-count"
VERSION: Final = f"{codes.P}/StructureDefinition/score-version"
URGENT: Final = frozenset({"EM", "UR", "S", "CR", "A"})
"""Codes of v3-ActPriority under which somebody came as an emergency."""
PLANNED: Final = frozenset({"EL", "P", "R"})
HOSPITAL_CLASSES: Final = frozenset({"IMP", "ACUTE", "NONAC"})
DAY: Final = timedelta(hours=24)
MONTH: Final = 30.44


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a chart says for the scores, and where each was read ("Type/id")."""

    admitted: date
    until: date
    until_is: str  # expected, left, or today
    emergent: bool | None
    comorbidities: tuple[readmission.Point, ...]
    emergency_visits: int
    hemoglobin: float | None
    sodium: float | None
    oncology: bool
    procedure: bool
    admissions: int
    chart: readmission.Chart
    read_from: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """All scores of a stay: LACE and HOSPITAL by every table and every way of counting days; and the 8Ps."""

    inputs: Inputs
    lace: tuple[Score, ...]
    hospital: tuple[Score, ...]
    eight_ps: tuple[Found, ...]

    def of(self, code: str, version: str | None = None, variant: str | None = None) -> Score:
        """One of them; the default way of counting and the newest table unless said otherwise."""
        several = self.lace if code == "lace" else self.hospital
        return next(each for each in several if version in (None, each.version) and variant in (None, each.variant))


def scores(view: View, *, plan: Plan) -> Scores:
    """The scores as the chart is now. Writes nothing."""
    with reading.seeing_all(view):
        chart = view.compartment(plan.patient.partition("/")[2], CHART, per_type=300)
        known = inputs(view, plan, chart)
    return worked_out(known)


def worked_out(known: Inputs) -> Scores:
    """The scores from what is known. Pure."""
    points = sum(each.points for each in known.comorbidities)
    lace, hospital = [], []
    for variant in readmission.variants():
        days = readmission.length_of_stay(known.admitted, known.until, variant)
        lace.append(
            readmission.lace(
                days=days, emergent=known.emergent, comorbidities=points, emergency_visits=known.emergency_visits, variant=variant
            )
        )
        asked = Hospital(days, known.hemoglobin, known.sodium, known.oncology, known.procedure, known.emergent, known.admissions)
        hospital += [readmission.hospital(asked, version=version, variant=variant) for version in readmission.HOSPITAL_VERSIONS]
    return Scores(known, tuple(lace), tuple(hospital), readmission.eight_ps(known.chart))


# --- from the chart ------------------------------------------------------------------------------------------------


def inputs(view: View, plan: Plan, chart: Mapping[str, Sequence[Resource]]) -> Inputs:
    """What the chart says for the scores."""
    encounters = chart.get("Encounter", ())
    here = next((each for each in encounters if f"Encounter/{each['id']}" == plan.encounter), {})
    start = reading.moment(here.get("period", {}).get("start"), view.zone) or plan.admitted or view.now
    left = reading.moment(here.get("period", {}).get("end"), view.zone) if here.get("status") == "finished" else None
    until, until_is = (left, "left") if left else (plan.latest.until, "expected") if plan.latest else (view.now, "today")
    others = [each for each in encounters if each["id"] != here.get("id") and each.get("status") not in ("cancelled", "entered-in-error")]
    emergency = [each for each in others if each.get("class", {}).get("code") == "EMER"]
    led_here = [each for each in emergency if _led_to(each, start, view)]
    window = int(readmission.values("lace-e-window")["months"])
    visits = [each for each in emergency if each not in led_here and _within(each, start, window, view)]
    stays = [each for each in others if each.get("class", {}).get("code") in HOSPITAL_CLASSES and each.get("status") == "finished"]
    earlier = [each for each in stays if _within(each, start, int(readmission.values("hospital-admission-window")["months"]), view)]
    conditions = [each for each in chart.get("Condition", ()) if _stands(each)]
    labs = [found for item in ("hospital-hemoglobin", "hospital-sodium") if (found := _latest(chart, item, start, view))]
    procedures = [each for each in chart.get("Procedure", ()) if _in_stay(each, plan.encounter, start, view)]
    read = [here, *led_here, *visits, *earlier, *labs, *procedures] if here else []
    return Inputs(
        admitted=local_day(start, view.zone),
        until=max(local_day(until, view.zone), local_day(start, view.zone)),
        until_is=until_is,
        emergent=_emergent(here, bool(led_here)),
        comorbidities=readmission.charlson(coding for each in conditions for coding in coded(each.get("code"))),
        emergency_visits=len(visits),
        hemoglobin=_value(_latest(chart, "hospital-hemoglobin", start, view)),
        sodium=_value(_latest(chart, "hospital-sodium", start, view)),
        oncology=_is_oncology(here),
        procedure=bool(procedures),
        admissions=len(earlier),
        chart=_for_ps(view, chart, here, conditions, start, stays),
        read_from=tuple(f"{each['resourceType']}/{each['id']}" for each in (*read, *conditions) if each.get("id")),
    )


def coded(concept: Mapping[str, Any] | None) -> Iterable[Coding]:
    """The codes of a concept as the rules know them."""
    for system, code in reading.codings(concept):
        if (name := SYSTEMS.get(system or "")) is not None:
            yield name, code


def _stands(condition: Mapping[str, Any]) -> bool:
    verified = {code for _, code in reading.codings(condition.get("verificationStatus"))}
    return not verified & {"refuted", "entered-in-error"}


def _start(encounter: Mapping[str, Any], view: View) -> datetime | None:
    return reading.moment(encounter.get("period", {}).get("start"), view.zone)


def _led_to(visit: Mapping[str, Any], admitted: datetime, view: View) -> bool:
    """Whether this emergency visit is the one that led to the stay: it began within a day before it, or the same day."""
    begun = _start(visit, view)
    return begun is not None and admitted - DAY <= begun <= admitted + timedelta(hours=1)


def _within(encounter: Mapping[str, Any], admitted: datetime, months: int, view: View) -> bool:
    begun = _start(encounter, view)
    return begun is not None and begun < admitted and (admitted - begun).days <= months * MONTH


def _emergent(stay: Mapping[str, Any], through_emergency: bool) -> bool | None:
    priority = {code for _, code in reading.codings(stay.get("priority"))}
    source = {code for _, code in reading.codings(stay.get("hospitalization", {}).get("admitSource"))}
    if through_emergency or priority & URGENT or "emd" in source:
        return True
    return False if priority & PLANNED else None


def _is_oncology(stay: Mapping[str, Any]) -> bool:
    said = readmission.values("hospital-oncology")
    service = stay.get("serviceType")
    named = f"{text_of(service)} {(stay.get('serviceProvider') or {}).get('display', '')}".casefold()
    return any(code in said["snomed"] for _, code in reading.codings(service)) or any(word in named for word in said["words"])


def _latest(chart: Mapping[str, Sequence[Resource]], item: str, since: datetime, view: View) -> Resource | None:
    loinc = set(readmission.values(item)["loinc"])
    found = []
    for each in chart.get("Observation", ()):
        when = reading.moment(each.get("effectiveDateTime") or each.get("issued"), view.zone)
        mine = any(code in loinc for _, code in reading.codings(each.get("code")))
        if mine and when is not None and when >= since - DAY and each.get("status") in ("final", "amended", "corrected"):
            found.append((when, each))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _value(observation: Resource | None) -> float | None:
    value = (observation or {}).get("valueQuantity", {}).get("value")
    return float(value) if value is not None else None


def _in_stay(procedure: Mapping[str, Any], encounter: str, since: datetime, view: View) -> bool:
    if procedure.get("status") not in ("completed", "in-progress"):
        return False
    if target(procedure.get("encounter")) is not None:
        return target(procedure.get("encounter")) == encounter
    when = reading.moment(procedure.get("performedDateTime") or procedure.get("performedPeriod", {}).get("start"), view.zone)
    return when is not None and when >= since


def _for_ps(
    view: View, chart: Mapping[str, Sequence[Resource]], here: Resource, conditions: Sequence[Resource], start: datetime,
    stays: Sequence[Resource],
) -> readmission.Chart:  # fmt: skip
    taken = medicines.medicines(chart.get("MedicationRequest", ()), chart.get("MedicationStatement", ()))
    given = education.given_lessons(chart.get("Communication", ()), chart.get("Observation", ()), view)
    items = [item for each in given for item in each.items if item.proof is not None]
    measured = [
        (code, float(each["valueQuantity"]["value"]))
        for each in chart.get("Observation", ())
        if each.get("valueQuantity", {}).get("value") is not None
        for _, code in reading.codings(each.get("code"))
    ]
    flags = [text_of(each.get("code")) for each in chart.get("Flag", ()) if each.get("status") == "active"]
    near = [each for each in chart.get("RelatedPerson", ()) if each.get("active", True)]
    months = [(start - begun).days / MONTH for each in stays if (begun := _start(each, view)) is not None and begun < start]
    return readmission.Chart(
        problems=tuple(coding for each in conditions for coding in coded(each.get("code"))),
        reasons=tuple(coding for concept in here.get("reasonCode", ()) for coding in coded(concept)),
        words=tuple(word for word in (*flags, *(text_of(each.get("code")) for each in conditions)) if word),
        medicines=tuple(each.text for each in taken if each.change != "stopped"),
        measures=tuple(measured),
        supported=bool(near),
        unlearnt=sum(item.open for item in items),
        taught=len(items),
        prior_months=tuple(sorted(months)),
    )


# --- kept ----------------------------------------------------------------------------------------------------------


def keep(change: Change, *, plan: str, answers: Mapping[str, bool] | None = None) -> tuple[Stored, ...]:
    """Keep the scores as Observations, each with its version, day count, lines and what it was read from; the plan shows the newest.

    `answers` are what a person says of the 8Ps, over what the chart tells. Raises Invalid.
    """
    found, known = discharge_plans.held(change, plan)
    all_ = scores(change, plan=known)
    kept = [change.put(_observation(change, known, all_, code, version)) for code, version in KEPT]
    kept.append(change.put(_checklist(change, known, all_, answers or {})))
    marks = []
    for (code, version), stored in zip(KEPT, kept, strict=False):
        one = all_.of(code, version)
        reference = {"reference": stored.reference}
        marks.append(
            shapes.nested(
                states.SCORED, code=code, version=version, variant=one.variant, total=one.total, band=one.band, reference=reference
            )
        )
    there = sum(bool(answer) for answer in said(all_, answers or {}).values())
    reference = {"reference": kept[-1].reference}
    marks.append(shapes.nested(states.SCORED, code="eight-ps", version="8P", variant="none", total=there, band="none", reference=reference))
    change.put(discharge_plans.settled(change, codes.with_extension(found, states.SCORED, *marks)))
    return tuple(kept)


KEPT: Final = (("lace", "2010"), ("hospital", "2016"), ("hospital", "2013"))


def said(all_: Scores, answers: Mapping[str, bool]) -> dict[str, bool | None]:
    """Each of the 8Ps as it stands: what a person says, else what the chart tells."""
    return {each.code: answers.get(each.code, each.there) for each in all_.eight_ps}


def _head(change: Change, plan: Plan, code: str, version: str, variant: str, read_from: Sequence[str]) -> Resource:
    return {
        "resourceType": "Observation",
        "id": codes.derived_id("discharge-score", plan.id, code, version),
        "status": "final",
        "extension": [{"url": VERSION, "valueString": version}, {"url": VARIANT, "valueCode": variant}],
        "category": [codes.concept("http://terminology.hl7.org/CodeSystem/observation-category", "survey")],
        "code": codes.concept(states.SYSTEM, code),
        "subject": {"reference": plan.patient},
        "encounter": {"reference": plan.encounter},
        "effectiveDateTime": episodes.instant(change.now),
        "performer": [codes.reference_to(change.who.person, change.who.name)] if change.who.person.startswith("Practitioner/") else [],
        "derivedFrom": [{"reference": each} for each in read_from if each.startswith("Observation/")],
    }


def _whole(observation: Resource) -> Resource:
    return {key: value for key, value in observation.items() if value not in ([], {})}


def _observation(change: Change, plan: Plan, all_: Scores, code: str, version: str) -> Resource:
    one = all_.of(code, version)
    counted = [each for each in (all_.lace if code == "lace" else all_.hospital) if each.version == version]
    also = [f"{each.variant}: {each.total}, {each.band}" for each in counted]
    unknown = f" Not known: {', '.join(one.unknown)}; at most {one.most}." if one.unknown else ""
    lines = [_line(f"line-{each.name}", each.value, each.points) for each in one.points]
    text = (
        f"Version {version}, days counted by {one.variant} until {all_.inputs.until} ({all_.inputs.until_is}). {'; '.join(also)}.{unknown}"
    )
    return _whole(
        {
            **_head(change, plan, code, version, one.variant, all_.inputs.read_from),
            "valueInteger": one.total,
            "interpretation": [{"text": one.band}],
            "method": {"text": one.source},
            "note": [{"text": text}],
            "component": lines,
        }
    )


def _line(code: str, value: Any, points: int) -> Resource:
    known = "not known" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return {"code": {**codes.concept(states.SYSTEM, code), "text": f"{known}: {points}"}, "valueInteger": points}


def _checklist(change: Change, plan: Plan, all_: Scores, answers: Mapping[str, bool]) -> Resource:
    answered = said(all_, answers)
    lines = []
    for each in all_.eight_ps:
        by = "a person" if each.code in answers else ", ".join(each.because) or "the chart"
        answer = answered[each.code]
        value: Resource = {"valueBoolean": answer} if answer is not None else {"dataAbsentReason": {"text": "not known"}}
        lines.append({"code": {**codes.concept(states.SYSTEM, each.code), "text": by[:200]}, **value})
    head = _head(change, plan, "eight-ps", "8P", "none", all_.inputs.read_from)
    return _whole({**head, "valueInteger": sum(bool(each) for each in answered.values()), "component": lines})


def ps_answers(observation: Mapping[str, Any] | None) -> dict[str, bool]:
    """What was answered of the 8Ps when they were kept."""
    found = {}
    for each in (observation or {}).get("component", ()):
        code = next((code for system, code in reading.codings(each.get("code")) if system == states.SYSTEM), None)
        if code is not None and "valueBoolean" in each:
            found[code] = bool(each["valueBoolean"])
    return found
