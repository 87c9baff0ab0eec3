"""What happens in each room of the house during the month, one line for each: given the people of one team, the acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from baton.demo import visits
from baton.demo.acts import Act
from baton.demo.community import help_given
from baton.demo.earlier import before
from baton.demo.errands import errands, notes
from baton.demo.glass import glass
from baton.demo.going_home import going_home
from baton.demo.home_visits import at_home
from baton.demo.lessons import lessons
from baton.demo.meetings import meetings
from baton.demo.papers import papers
from baton.demo.plot import Stage
from baton.demo.portal import portal
from baton.demo.privacy import privacy
from baton.demo.programs import enrolments
from baton.demo.referrals import loops
from baton.demo.staffing import staffing
from baton.demo.support import support
from baton.demo.team import team
from baton.demo.threads import talks
from baton.demo.weights import weights

Room = Callable[[Sequence[Stage]], Iterator[Act]]
"""Asked for every sixty people of a team who are in no story, in a big town several times. Which of them it takes is its own choice."""

ROOMS: tuple[Room, ...] = (
    errands,
    notes,
    lambda stages: visits.visits(stages[-6:-1]),
    privacy,
    glass,
    loops,
    before,
    lessons,
    portal,
    team,
    staffing,
    talks,
    help_given,
    at_home,
    support,
    going_home,
    enrolments,
    weights,
    meetings,
    papers,
)
