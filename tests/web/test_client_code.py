"""The JavaScript client and the pages by their own tools: types, unit tests, and agreement with Python's boards."""

import pytest

from tests.web.vectors import FILE, text
from web.build_pages import INSTALLED, install, run_npm


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    install()
    assert INSTALLED.exists()


def test_the_vectors_are_what_python_makes_now() -> None:
    assert FILE.read_text() == text(), "write them again: python -m tests.web.vectors"


def test_units_pass() -> None:
    run_npm(["test"])


def test_types_are_right() -> None:
    run_npm(["run", "check"])


def test_the_lock_names_no_host() -> None:
    lock = (FILE.parents[3] / "web" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "registry" not in lock
