"""The portal's addresses: what people outside can reach."""

from baton.portal import packets

urlpatterns = [*packets.urlpatterns]
