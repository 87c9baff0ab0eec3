"""Appointments: what is needed, when it can be, who is there; finding times together, booking them, and what happens to them after.

`model`, `gaps`, `solver`, `why`, `checker` and `onebyone` plan visits together and know nothing of resources; the rest speaks FHIR.
"""
