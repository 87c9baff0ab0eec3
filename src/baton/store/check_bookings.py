"""Whether everybody who is booked is known to be: the rows of `booking` against the Appointments they were made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from baton.fhir import resource as fhir_resource
from baton.store import bookings
from baton.store.codes import TYPE_CODE, key64

_APPOINTMENTS = """
select r.rid, r.id, v.body, array(select b.actor from booking b where b.rid = r.rid)
from resource r join version v using (rid, version) where r.type = %(type)s
"""
_LEFT = "select distinct b.rid from booking b where not exists (select 1 from resource r where r.type = %(type)s and r.rid = b.rid)"


def violations(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Appointments whose people are not kept free for them, or still are though they need not be. Rooms and roles are as they were then."""
    type_ = {"type": TYPE_CODE[bookings.TYPE]}
    with connection.cursor("appointments") as cursor:
        for _, id_, body, actors in cursor.execute(_APPOINTMENTS.encode(), type_):
            appointment = fhir_resource.parse(body) if body else None
            time = bookings.occupied(appointment)
            if time is None or time[0] >= time[1]:
                if actors:
                    yield f"Appointment/{id_}: keeps people booked although it does not take place"
                continue
            direct = [name for _, name in bookings.participants(appointment or {}) if name.split("/")[0] in bookings.DIRECT]
            if not {key64(name) for name in direct} <= set(actors):
                yield f"Appointment/{id_}: somebody who takes part is not kept free for it"
    for (rid,) in connection.execute(_LEFT.encode(), type_):
        yield f"index booking: has rows of resource number {rid}, which is no appointment"
