"""The desk's addresses: one list per duty."""

from baton.desk import (
    account,
    caseload,
    closures,
    consents,
    disclosure,
    find,
    patients,
    people,
    promises,
    recent,
    records,
    referrals,
    requests,
)

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
    *consents.urlpatterns,
    *disclosure.urlpatterns,
    *records.urlpatterns,
    *requests.urlpatterns,
]
