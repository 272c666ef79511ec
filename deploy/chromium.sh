#!/bin/sh
# Makes sure that there is a Chromium for the tests of the pages: installs Debian's where that is allowed, else fails and says what to do.
set -eu

for name in chromium chromium-browser; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "podium: installing Chromium for the tests of the pages" >&2
    apt-get update -qq
    # Droid's fallback (2 MB) has the names written in Chinese, Japanese and Korean; Noto's would be 57 MB.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-droid-fallback
    exit 0
fi
echo "podium: the tests of the pages need Chromium: install the package chromium (as root: apt-get install chromium)" >&2
exit 1
