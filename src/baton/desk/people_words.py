"""The words of the people's pages: licences, skills, how they stand, what the policy allows, devices."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk.labels import Words, word

LICENCES: Words = {
    "RN": lazy("Registered nurse"),
    "NP": lazy("Nurse practitioner"),
    "PA": lazy("Physician assistant"),
    "MD": lazy("Doctor of medicine"),
    "DO": lazy("Doctor of osteopathy"),
    "PharmD": lazy("Doctor of pharmacy"),
    "RPH": lazy("Registered pharmacist"),
    "CNM": lazy("Certified nurse midwife"),
    "CNS": lazy("Clinical nurse specialist"),
    "CMA": lazy("Certified medical assistant"),
}
SKILLS: Words = {
    "motivational-interviewing": lazy("Motivational interviewing"),
    "teach-back": lazy("Teach-back"),
    "behavioral-health": lazy("Behavioral health"),
    "diabetes-education": lazy("Diabetes education"),
    "palliative-care": lazy("Palliative care"),
    "pediatrics": lazy("Children and families"),
    "interpreting": lazy("Medical interpreting"),
    "community-resources": lazy("Community resources"),
}
STANDINGS: Words = {
    "in-force": lazy("in force"),
    "expiring": lazy("ends soon"),
    "expired": lazy("over"),
    "to-come": lazy("still to come"),
}
STANDS: Words = {
    "assigned": lazy("its patients are theirs"),
    "covering": lazy("stands in for somebody"),
    "mentoring": lazy("is asked, or learns"),
}
STANDING_MARKS = {"expiring": "soon", "expired": "late"}
GROUPS: Words = {
    "directory": lazy("people, places and teams"),
    "knowledge": lazy("rules and pathways"),
    "person": lazy("who the patient is, care team, coverage"),
    "work": lazy("promises, visits, appointments, messages"),
    "requests": lazy("referrals and orders"),
    "documents": lazy("documents and consents"),
    "medicines": lazy("medicines and allergies"),
    "plans": lazy("plans and goals"),
    "findings": lazy("problems, results, procedures"),
    "money": lazy("claims and payment"),
    "audit": lazy("who looked at what"),
}
INTERACTIONS: Words = {
    "see": lazy("see"),
    "write": lazy("write"),
    "delete": lazy("delete"),
    "export": lazy("take out"),
    "subscribe": lazy("be told of changes"),
    "relabel": lazy("take a label away"),
    "staff": lazy("say who works here"),
    "glass": lazy("break the glass"),
}
RELATIONSHIPS: Words = {
    "unowned": lazy("what belongs to no patient"),
    "none": lazy("every other patient"),
    "assigned": lazy("patients of your teams"),
    "treating": lazy("patients you treat"),
    "covering": lazy("patients you cover for somebody"),
    "mentoring": lazy("patients you are asked about, or learn from"),
    "glass": lazy("patients whose chart you opened in an emergency"),
    "self": lazy("your own"),
    "proxy": lazy("those who let you see what they see"),
    "helper": lazy("those you help with dates"),
}
PORTAL_LEVELS: Words = {"everything": lazy("Everything the patient sees"), "dates": lazy("Visits only")}
PORTAL_RELATIONS: Words = {
    "SPS": lazy("spouse"),
    "PRN": lazy("parent"),
    "CHILD": lazy("child"),
    "SIB": lazy("sibling"),
    "FRND": lazy("friend"),
    "NBOR": lazy("neighbor"),
    "GUARD": lazy("guardian"),
    "O": lazy("other"),
}
"""What somebody whom a patient lets in sees, and who they are to the patient."""
WAYS: Words = {
    "password": lazy("password"),
    "totp": lazy("authenticator app"),
    "webauthn": lazy("passkey"),
    "recovery_codes": lazy("recovery codes"),
}
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"))
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


def device(user_agent: str) -> str:
    """A browser and what it runs on, as people call them: "Firefox, Windows"."""
    parts = (next((said for sign, said in table if sign in user_agent), "") for table in (BROWSERS, SYSTEMS))
    return ", ".join(part for part in parts if part) or _("A device")


FILTERS: dict[str, Callable[..., object]] = {
    "licence_name": lambda code: word(LICENCES, code),
    "skill_name": lambda code: word(SKILLS, code),
    "standing_name": lambda code: word(STANDINGS, code),
    "stands_name": lambda code: word(STANDS, code),
    "standing_mark": lambda code: STANDING_MARKS.get(code, ""),
    "way_name": lambda code: word(WAYS, code),
    "device": device,
    "here": timezone.localtime,
}
