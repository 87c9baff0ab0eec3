"""The town lives at the privacy desk: broken glass, a second person, requests, consents of every kind, what was told to whom."""

from __future__ import annotations

from baton.demo import town
from baton.demo.places import WORKERS
from baton.duties.privacy import consent_terms, privacy, requests, tasks
from baton.duties.privacy.accounting import accounting
from baton.duties.records.states import state_of
from baton.store import Store

from .test_town import of


def test_the_desk_has_something_of_each(larkhaven: Store) -> None:
    with larkhaven.view(tasks.office(of(larkhaven, WORKERS["owen-pike"]))) as view:
        desk = privacy.desk(view)
    assert len(desk.approvals) == 1 and len(desk.broken) == 1 and desk.flags and len(desk.requests) >= 5
    assert [each.task.finding for each in desk.closed if each.task.code == "glass-review"] == ["appropriate"]


def test_requests_and_consents_are_of_every_kind(larkhaven: Store) -> None:
    with larkhaven.view(town.HUB) as view:
        asked = [requests.what(each) for each in view.find("Task", code=requests.coded())]
        kinds = {consent_terms.read(each).kind for each in view.find("Consent", _count=1000)}
        sources = {state_of(each) for each in view.find("CommunicationRequest", _count=1000)}
        told = [accounting(view, patient=each["patient"]).listed for each in asked]
    assert {each["code"] for each in asked} == set(requests.CODES) and {each["open"] for each in asked} == {True, False}
    assert kinds >= set(consent_terms.KINDS) and any(told)
    assert sources >= {"needs-consent", "sent", "chased", "partial", "received", "refused"}
