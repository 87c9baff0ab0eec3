"""The desk's addresses: one list per duty."""

from baton.desk import caseload, closures, find, patients, promises, recent, referrals

urlpatterns = [
    *caseload.urlpatterns,
    *recent.urlpatterns,
    *promises.urlpatterns,
    *patients.urlpatterns,
    *find.urlpatterns,
    *closures.urlpatterns,
    *referrals.urlpatterns,
]
