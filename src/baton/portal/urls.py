"""The portal's addresses: what people outside can reach."""

from baton.portal import contact, dates, packets

urlpatterns = [*packets.urlpatterns, *dates.urlpatterns, *contact.urlpatterns]
