"""A house with a patient, her daughter, and another patient; and browsers that come into the portal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import furnished
from tests.pages import MONDAY, House, client, house, patient

from baton.duties.contact import guests as duty
from baton.duties.patients import network
from baton.store.postgres import Database

module_database = furnished.module_database
ROSA, LENA, OMAR = "rosa@mail.example", "lena@mail.example", "omar@mail.example"
BORN = {"month": "3", "day": "3", "year": "1955"}


class Clock:
    """Stands at that Monday afternoon until moved."""

    def __init__(self) -> None:
        self.time = MONDAY

    def __call__(self) -> Any:
        return self.time


@dataclass(slots=True)
class Portal:
    """The house, and whom it is about: references of Rosa, of her daughter Lena, and of Omar, who is somebody else."""

    house: House
    clock: Clock
    rosa: str
    lena: str
    omar: str

    def let_in(self, person: str, level: str = "everything") -> str:
        """Let somebody in, in the store alone; returns the Consent's id."""
        with self.house.change() as change:
            return str(duty.let_in(change, patient=duty.patient_of(change, person), person=person, level=level).id)

    def browser(self, person: str, email: str) -> Any:
        """A browser that is in: let in by the store, signed in with both factors."""
        browser = client(self.house, None)
        from django.contrib.sessions.backends.db import SessionStore

        from baton.web import guests
        from baton.web.models import Account, Guest

        account = Account.objects.filter(email=email).first() or Account.objects.create_user(email, practitioner="")
        Guest.objects.update_or_create(person=person, defaults={"account": account})
        if not guests.card_left(account):
            guests.new_card(account)
        browser.force_login(account)
        session: SessionStore = browser.session
        session.update({guests.PROVED: "card", guests.PERSON: person})
        session.save()
        return browser


@pytest.fixture(scope="module")
def portal(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder: Path = tmp_path_factory.mktemp("data")
    clock = Clock()
    with house(module_database, folder, now=clock, page_rate="0", address_rate="0") as opened:
        with opened.change() as change:
            rosa = patient(change, "Rosa Delgado", language="es", telecom=[{"system": "email", "value": ROSA}])
            omar = patient(change, "Omar Haddad", born="1950-01-02")
            kin = {
                "resourceType": "RelatedPerson",
                "active": True,
                "name": [{"family": "Delgado", "given": ["Lena"], "text": "Lena Delgado"}],
            }
            relationship = [{"coding": [{"system": duty.ROLE, "code": "CHILD"}]}]
            lena = change.put({**kin, "patient": {"reference": f"Patient/{rosa}"}, "relationship": relationship}).id
        with opened.change() as change:
            network.permit(change, person=f"RelatedPerson/{lena}", told="everything", source="patient-said")
        yield Portal(opened, clock, f"Patient/{rosa}", f"RelatedPerson/{lena}", f"Patient/{omar}")


@pytest.fixture(autouse=True)
def _no_failed_tries(portal: Portal) -> None:
    client(portal.house, None)
    from django.core.cache import cache

    cache.clear()
