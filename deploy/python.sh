#!/bin/sh
# Prints a Python of 3.11 or newer that this user can execute and that can make virtual environments; says what to install if there is none.
set -eu

candidates="${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 /usr/bin/python3.11 /usr/bin/python3"
too_bare=""
for name in $candidates; do
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    if "$name" -c 'import venv, ensurepip' 2>/dev/null; then
        "$name" -c 'import sys; print(sys._base_executable)'
        exit 0
    fi
    too_bare="$name"
done

if [ -n "$too_bare" ]; then
    echo "podium: $too_bare lacks venv or ensurepip: install them (Debian, Ubuntu: apt-get install python3-venv)" >&2
else
    echo "podium: Python 3.11 or newer is needed (Debian, Ubuntu: apt-get install python3 python3-venv), or name one with PYTHON=" >&2
fi
exit 1
