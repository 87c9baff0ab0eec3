"""The desk's addresses: one list per duty."""

from baton.desk import caseload, find, patients, promises

urlpatterns = [*caseload.urlpatterns, *promises.urlpatterns, *patients.urlpatterns, *find.urlpatterns]
