"""The EpisodeOfCare of a transition: opened by a discharge, corrected with a visible difference, closed with a reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

from baton.duties import codes
from baton.duties.today.rows import Difference
from baton.duties.trace import Value, simple, value_part
from baton.duties.transitions.discharges import Discharge
from baton.fhir.resource import Resource, code_of, extension, target

KIND = f"{codes.P}/CodeSystem/pathway"
TRANSITIONAL_CARE = "transitional-care-adult"
ACTIVE = "active"


def is_transition(resource: Mapping[str, Any] | None) -> bool:
    """Whether a resource is an EpisodeOfCare of transitional care."""
    if resource is None or resource.get("resourceType") != "EpisodeOfCare":
        return False
    return any(code_of(each, KIND) == TRANSITIONAL_CARE for each in resource.get("type", ()))


def is_active(episode: Mapping[str, Any] | None) -> bool:
    """Whether a transition is under way."""
    return is_transition(episode) and episode is not None and episode.get("status") == ACTIVE


def opened(discharge: Discharge, *, plan: str, team: str, team_name: str, care_team: str | None) -> Resource:
    """The episode a discharge opens; its id follows from the Encounter."""
    episode: Resource = {
        "resourceType": "EpisodeOfCare",
        "id": discharge.episode_id,
        "extension": [
            {"url": codes.ENCOUNTER, "valueReference": {"reference": discharge.encounter}},
            {"url": codes.PATHWAY, "valueCanonical": plan},
            {"url": codes.COMPLEXITY, "valueCode": "unknown"},
        ],
        "identifier": [{"system": codes.TRANSITION, "value": discharge.encounter}],
        "status": ACTIVE,
        "type": [codes.concept(KIND, TRANSITIONAL_CARE)],
        "patient": {"reference": discharge.patient},
        "managingOrganization": codes.reference_to(team, team_name),
        "period": {"start": discharge_text(discharge)},
    }
    if care_team:
        episode["team"] = [{"reference": care_team}]
    return episode


def discharge_text(discharge: Discharge) -> str:
    """The discharge as FHIR writes it, in the facility's own offset; a date alone stays a date."""
    return discharge.moment.isoformat() if discharge.exact else discharge.day.isoformat()


def encounter_of(episode: Mapping[str, Any]) -> str | None:
    """The "Encounter/id" that opened the episode."""
    return target(extension(episode, codes.ENCOUNTER))


def complexity(episode: Mapping[str, Any]) -> str:
    """What a person recorded: high, moderate, low; unknown when nobody has."""
    return cast(str, extension(episode, codes.COMPLEXITY) or "unknown")


def with_complexity(episode: Mapping[str, Any], value: str) -> Resource:
    """The episode with this complexity."""
    return codes.with_extension(episode, codes.COMPLEXITY, {"url": codes.COMPLEXITY, "valueCode": value})


def closed(episode: Mapping[str, Any], *, status: str, code: str, now: datetime, by: str | None = None) -> Resource:
    """The episode closed (finished, cancelled or entered-in-error), with the reason as a code and the resource that closed it."""
    parts: list[Resource] = [{"url": "code", "valueCode": code}]
    if by is not None:
        parts.append({"url": "by", "valueReference": {"reference": by}})
    period = {**episode.get("period", {}), "end": end_after_start(episode, now)}
    history = [*episode.get("statusHistory", ()), {"status": episode["status"], "period": {"end": instant(now)}}]
    result = {**episode, "status": status, "period": period, "statusHistory": history}
    return codes.with_extension(result, codes.CLOSED_BECAUSE, {"url": codes.CLOSED_BECAUSE, "extension": parts})


def reopened(episode: Mapping[str, Any], now: datetime) -> Resource:
    """A closed episode under way again."""
    period = {key: value for key, value in episode.get("period", {}).items() if key != "end"}
    history = [*episode.get("statusHistory", ()), {"status": episode["status"], "period": {"end": instant(now)}}]
    return codes.with_extension({**episode, "status": ACTIVE, "period": period, "statusHistory": history}, codes.CLOSED_BECAUSE)


def closed_by(episode: Mapping[str, Any]) -> str | None:
    """The "Type/id" that closed the episode, when one did."""
    parts = extension(episode, codes.CLOSED_BECAUSE) or ()
    return next((target(part.get("valueReference")) for part in parts if part.get("url") == "by"), None)


def instant(moment: datetime) -> str:
    """An aware instant as a FHIR dateTime, to the second."""
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def end_after_start(episode: Mapping[str, Any], now: datetime) -> str:
    """The end of the episode's period: now, but never before it began (a stay recorded ahead of its time may be cancelled)."""
    start = str(episode.get("period", {}).get("start", ""))
    if "T" in start and datetime.fromisoformat(start) > now:
        return start
    return instant(now)


def difference(code: str, was: Value, now: Value, cause: str, at: datetime) -> Resource:
    """What a correction moved, as an extension of the episode, not yet acknowledged."""
    return {
        "url": codes.DIFFERENCE,
        "extension": [
            {"url": "code", "valueCode": code},
            {**value_part(was), "url": "was"},
            {**value_part(now), "url": "now"},
            {"url": "cause", "valueCode": cause},
            {"url": "at", "valueDateTime": instant(at)},
        ],
    }


def differences(episode: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What corrections moved, oldest first, acknowledged or not."""
    found = []
    for each in episode.get("extension", ()):
        if each.get("url") != codes.DIFFERENCE:
            continue
        parts = simple(each["extension"])
        found.append(
            Difference(
                str(parts["code"]),
                cast(date | datetime | str, parts["was"]),
                cast(date | datetime | str, parts["now"]),
                str(parts["cause"]),
                cast(datetime, parts["at"]),
                "acknowledged" in parts,
            )
        )
    return tuple(found)


def with_differences(episode: Mapping[str, Any], new: list[Resource]) -> Resource:
    """The episode with these differences beside those it has."""
    return {**episode, "extension": [*episode.get("extension", ()), *new]} if new else dict(episode)


def acknowledged(episode: Mapping[str, Any], *, by: str, at: datetime) -> Resource:
    """The episode with every difference acknowledged by this person."""
    marks = [{"url": "acknowledged", "valueDateTime": instant(at)}, {"url": "by", "valueReference": {"reference": by}}]
    extensions = []
    for each in episode.get("extension", ()):
        fresh = each.get("url") == codes.DIFFERENCE and not any(part["url"] == "acknowledged" for part in each["extension"])
        extensions.append({**each, "extension": [*each["extension"], *marks]} if fresh else each)
    return {**episode, "extension": extensions}
