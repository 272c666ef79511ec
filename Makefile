# The commands of the house; each does its own set-up. `make setup` is what the others do first.

PORT ?= 8080
DATA ?= .podium
BIN := .venv/bin

.PHONY: setup run test check rehearse bench lock

setup:
	@sh deploy/setup.sh

run: setup
	@$(BIN)/podium demo --port $(PORT) --data $(DATA)

test: setup
	@sh deploy/chromium.sh
	$(BIN)/pytest

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_layers.py
	$(BIN)/python web/build_pages.py check

rehearse: setup
	@test -n "$(FEED)" || { echo "make rehearse needs a feed: make rehearse FEED=path/to/event-feed.ndjson" >&2; exit 2; }
	$(BIN)/podium rehearse "$(FEED)" --viewers 50

bench: setup
	$(BIN)/python -m bench.fanout

# The pins and hashes, anew; no index host may stand in the result. Needs uv.
lock:
	uv pip compile pyproject.toml --group build --group dev --generate-hashes --universal --python-version 3.11 --no-header -o requirements.lock
