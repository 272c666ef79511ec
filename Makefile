# The commands of the house; each does its own set-up. `make setup` is what the others do first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8080
DATA ?= .podium

.PHONY: check test
check: ; .venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/mypy
test: ; .venv/bin/pytest -q
