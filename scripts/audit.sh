#!/bin/sh
# Known vulnerabilities of the locked dependencies, by pip-audit. Fails on a finding. Where the list of vulnerabilities cannot be reached,
# or does not know a package, it says so and passes: being offline is no fault of the code, but never goes unsaid.
python=${1:-.venv/bin/python}
status=0
for lock in requirements.txt requirements-dev.txt; do
    said=$(timeout "${BATON_AUDIT_SECONDS:-60}" "$python" -m pip_audit --require-hashes --disable-pip --progress-spinner off --timeout 10 -r "$lock" 2>&1)
    code=$?
    packages=$(grep -c '^[a-z0-9].*==' "$lock")
    skipped=$(echo "$said" | grep -c 'could not be audited')
    if echo "$said" | grep -qE 'Found [0-9]+ known vulnerabilit'; then
        echo "$said"
        status=1
    elif [ "$code" -eq 0 ] && [ "$skipped" -eq 0 ]; then
        echo "audit: $lock: $packages packages, no known vulnerabilities"
    elif [ "$code" -eq 0 ]; then
        echo "audit: $lock: NOT AUDITED: $skipped of $packages packages are unknown to the list of vulnerabilities reachable from here"
    elif [ "$code" -eq 124 ] || echo "$said" | grep -qE 'Connection|Max retries|timed out|resolution|unreachable|ServiceError|HTTPError|ProxyError'; then
        echo "audit: $lock: NOT AUDITED: the list of vulnerabilities cannot be reached from here"
    else
        echo "$said"
        status=1
    fi
done
exit $status
