"""The desk's addresses: one list per duty."""

from baton.desk import account, caseload, closures, find, patients, people, promises, recent, referrals

urlpatterns = [
    *caseload.urlpatterns,
    *recent.urlpatterns,
    *promises.urlpatterns,
    *patients.urlpatterns,
    *find.urlpatterns,
    *closures.urlpatterns,
    *referrals.urlpatterns,
    *people.urlpatterns,
    *account.urlpatterns,
]
