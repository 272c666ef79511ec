"""`podium doctor`: what is necessary and missing makes it fail, what only costs something does not."""

import resource
from pathlib import Path

import pytest

from podium import doctor
from podium.data_folder import DataFolder, open_folder
from podium.doctor_checks import Finding, versioned
from podium.run_file import RunFile, RunningService


def test_this_machine_is_looked_at_as_a_whole() -> None:
    findings = {finding.what: finding for finding in doctor.examine(None)}
    assert findings["PostgreSQL"].found.startswith("postgres (PostgreSQL) 18")
    assert findings["Valkey"].found.startswith("Valkey server v=9")
    assert findings["Gateway (Traefik)"].found.startswith("Version: 3")
    assert findings["Open files"].found.endswith(f"(hard limit {resource.getrlimit(resource.RLIMIT_NOFILE)[1]})")
    assert {"Python", "Memory", "Cores", "User namespaces", "seccomp", "io_uring", "Chromium", "Node", "Pages"} <= findings.keys()


def test_every_finding_that_is_not_good_says_what_it_costs() -> None:
    assert all(finding.cost for finding in doctor.examine(None) if finding.state != "good")


def test_only_what_is_missing_fails() -> None:
    good, weak, missing = (Finding("x", state, "") for state in ("good", "weak", "missing"))
    assert doctor.exit_code([good, weak]) == 0
    assert doctor.exit_code([good, missing]) == 1


def test_a_binary_that_does_not_run_is_missing_unless_another_server_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "postgres"
    broken.write_text("not for this machine")
    broken.chmod(0o755)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert versioned("PostgreSQL", lambda: broken, ["--version"], "DATABASE_URL", "needed").state == "missing"
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/podium")
    assert versioned("PostgreSQL", lambda: broken, ["--version"], "DATABASE_URL", "needed").state == "good"


def test_a_folder_that_was_never_used_and_one_that_is_stopped(tmp_path: Path) -> None:
    assert [finding.state for finding in doctor.running_in(tmp_path)] == ["weak"]
    RunFile("http://127.0.0.1:1", 1, "", "", "", "", {}).write(DataFolder(tmp_path))
    assert "stopped" in doctor.running_in(tmp_path)[0].found


def test_a_process_that_is_down_is_found(tmp_path: Path) -> None:
    with open_folder(tmp_path) as folder:
        RunFile("http://127.0.0.1:1", 1, "", "", "", "", {"engine": RunningService(0, 1)}).write(folder)
        found = {finding.what.strip(): finding for finding in doctor.running_in(tmp_path)}
    assert found["engine"].state == "missing"
    assert "engine.log" in found["engine"].cost
    assert found["readiness"].state == "missing"
