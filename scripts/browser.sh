#!/bin/sh
# Browser journeys need Debian's chromium. Install it when root on Debian; otherwise say that the journeys will be skipped.
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "No chromium here and no way to install it: the browser journeys will be skipped."
