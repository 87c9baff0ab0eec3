"""The portal's addresses: what people outside can reach."""

from baton.portal import contact, dates, home, packets, sign_in, visits

urlpatterns = [
    *packets.urlpatterns,
    *dates.urlpatterns,
    *contact.urlpatterns,
    *sign_in.urlpatterns,
    *home.urlpatterns,
    *visits.urlpatterns,
]
