#!/bin/sh
# Makes or completes .venv with what requirements.lock pins, this project and its built pages. Run by `make setup` in the project's folder.
set -eu

venv=.venv
stamp="$venv/.podium-setup"
wanted="$(pwd) $(cksum requirements.lock pyproject.toml)"
say() { echo "podium: $*" >&2; }
has_pip() { "$venv/bin/python" -m pip --version >/dev/null 2>&1; }

if ! has_pip && ! "$venv/bin/python" -m ensurepip >/dev/null 2>&1; then
    python=$(sh deploy/python.sh)
    say "making $venv with $python"
    "$python" -m venv --clear "$venv"
fi

if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    rm -f "$stamp"
    say "installing what requirements.lock pins (some 300 MB the first time)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    say "installing podium itself, building its pages"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    echo "$wanted" >"$stamp"
fi

"$venv/bin/python" web/build_pages.py build
