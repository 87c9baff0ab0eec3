"""The portal's addresses: what people outside can reach."""

from baton.portal import (
    answers,
    contact,
    dates,
    goals,
    hand_offs,
    home,
    lessons,
    looks,
    packets,
    papers,
    people,
    questions,
    sign_in,
    talk,
    visits,
    worries,
)

urlpatterns = [
    *packets.urlpatterns,
    *hand_offs.urlpatterns,
    *answers.urlpatterns,
    *dates.urlpatterns,
    *contact.urlpatterns,
    *sign_in.urlpatterns,
    *home.urlpatterns,
    *visits.urlpatterns,
    *talk.urlpatterns,
    *worries.urlpatterns,
    *goals.urlpatterns,
    *lessons.urlpatterns,
    *questions.urlpatterns,
    *papers.urlpatterns,
    *looks.urlpatterns,
    *people.urlpatterns,
]
