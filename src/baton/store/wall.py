"""The second wall as a condition, for statements that answer from the index without a body: counts, Find.

It asks the settings the connection stands on (`sight.Wall`), as the policy on `version` does, and knows nothing of `Sight.condition`: where
that is missing, this still holds. The tables of the worklist and of programs have it in the views that the entrances read (migration 025).
"""

from __future__ import annotations

from functools import cache

_WALL = """(
    case (select substr(current_setting('baton.fast', true), {type}, 1))
        when 'E' then true
        when 'O' then ({row}.labels = 1 and not {row}.patient in (select w.patient from patient_label w))
            or may_see({row}.patient, {type}::smallint, {row}.labels)
        when 'P' then ({row}.labels = 1 and exists (
            select from panel x where x.patient = {row}.patient
                and x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity'))
            or may_see({row}.patient, {type}::smallint, {row}.labels)
        else may_see({row}.patient, {type}::smallint, {row}.labels)
    end
)"""


@cache
def wall(type_: int, row: str = "r") -> str:
    """The condition on rows (with patient and labels) of a type, given by its number."""
    return _WALL.replace("{type}", str(type_)).replace("{row}", row)
