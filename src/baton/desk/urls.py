"""The desk's addresses: one list per duty."""

from baton.desk import (
    access_report,
    account,
    caseload,
    closures,
    consents,
    disclosure,
    find,
    glass,
    patients,
    people,
    privacy,
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
    *glass.urlpatterns,
    *privacy.urlpatterns,
    *access_report.urlpatterns,
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
