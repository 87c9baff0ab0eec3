"""The portal's addresses: what people outside can reach."""

from baton.portal import dates, packets

urlpatterns = [*packets.urlpatterns, *dates.urlpatterns]
