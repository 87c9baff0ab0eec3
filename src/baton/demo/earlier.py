"""Referrals of the months before the town's month: of people who were known already then, so that sixty and ninety days can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baton.demo.acts import Act
from baton.demo.people import Person
from baton.demo.plot import Stage, begin_the_town
from baton.demo.referrals import CONSULTS, Happened, lived

FIRST, EACH = 22, 3
"""Which of a team's people they are: those before have enough to tell."""
TEAMS = ("hospital-transitions", "outpatient-coordination")


def _closed(sent: int, taken: int, told: int) -> tuple[Happened, ...]:
    """A loop sent, taken and closed so many business days ago."""
    return (
        Happened(sent, "10:15", "send"),
        Happened(taken, "09:20", "accept"),
        Happened(taken - 1, "11:05", "schedule", visit=-(told + 6)),
        Happened(told + 6, "16:20", "interim-note", "Seen, letter follows"),
        Happened(told + 3, "11:40", "outcome"),
        Happened(told + 3, "11:45", "letter"),
        Happened(told + 1, "09:35", "review", "no-change"),
        Happened(told, "10:50", "tell", "call"),
    )


LIVES = {  # in business days ago: some in thirty days, some in sixty, one in more than sixty, one declined
    "hospital-transitions": (_closed(66, 63, 50), _closed(65, 61, 31), _closed(46, 44, 30)),
    "outpatient-coordination": (
        _closed(67, 65, 49),
        _closed(66, 58, 14),
        (
            Happened(49, "10:15", "send"),
            Happened(46, "14:30", "decline", "Out of network"),
            Happened(45, "09:10", "reroute"),
            *_closed(46, 41, 26)[1:],
        ),
    ),
}


def known(stages: Sequence[Stage]) -> list[Stage]:
    """Those of one team who were known before the month began."""
    if not begin_the_town(stages) or stages[0].person.team not in TEAMS:
        return []
    return list(stages[FIRST : FIRST + EACH])


def people(teams: Iterator[Sequence[Stage]]) -> list[Person]:
    """All of them, in the order of the town."""
    return sorted((stage.person for stages in teams for stage in known(stages)), key=lambda person: person.index)


def before(stages: Sequence[Stage]) -> Iterator[Act]:
    """What happened to the referrals of one team's people."""
    for number, (stage, happened) in enumerate(zip(known(stages), LIVES.get(stages[0].person.team, ()), strict=False)):
        asked = CONSULTS[stage.person.team][number]
        yield from lived(stage, asked, "routine", happened, days_ago=max(each.ago for each in happened) + 1)
