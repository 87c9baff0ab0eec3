"""What comes in from outside: whole files of resources now (`bulk`).

Later rooms: `inbox` keeps every raw message before anyone understands it, `hl7v2` and `ccda` read them, `match` says whose they are.
"""
