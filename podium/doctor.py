"""`podium doctor`: says what is found, what is missing and what that costs, on this machine and in a data folder that runs."""

import os
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from podium.data_folder import is_in_use
from podium.doctor_checks import EVERYTHING, Finding, State
from podium.run_file import NotRunning, RunFile, read_run_file

_MARKS = {"good": "[green]good[/green]", "weak": "[yellow]weak[/yellow]", "missing": "[red]missing[/red]"}


def examine(data: Path | None) -> list[Finding]:
    """Everything about the machine; with `data`, also whether what was started there runs and answers."""
    findings = [check() for check in EVERYTHING]
    return findings if data is None else findings + running_in(data)


def running_in(data: Path) -> list[Finding]:
    try:
        run = read_run_file(data)
    except NotRunning as error:
        return [Finding("Data folder", "weak", str(data), str(error))]
    if not is_in_use(data):
        return [Finding("Data folder", "weak", f"{data}: stopped", f"start it with `podium up --data {data}`")]
    found = [_service(name, service.pid, data) for name, service in run.services.items()]
    return [Finding("Data folder", "good", f"{data}: runs with pid {run.supervisor_pid}"), *found, _answers(run)]


def show(findings: list[Finding]) -> None:
    """A table on standard output; what it costs only where something is not good."""
    table = Table("What", "State", "Found", "What that costs", title="podium doctor")
    for finding in findings:
        table.add_row(finding.what, _MARKS[finding.state], finding.found, "" if finding.state == "good" else finding.cost)
    Console(width=None if os.isatty(1) else 160).print(table)


def exit_code(findings: list[Finding]) -> int:
    return 1 if any(finding.state == "missing" for finding in findings) else 0


def _service(name: str, pid: int, data: Path) -> Finding:
    if pid and _alive(pid):
        return Finding(f"  {name}", "good", f"pid {pid}")
    return Finding(f"  {name}", "missing", "down", f"it is being restarted; why it ended: {data / 'logs' / name}.log")


def _answers(run: RunFile) -> Finding:
    try:
        answer = httpx.get(run.url + "/api/v1/monitoring/health/ready", timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return Finding("  readiness", "missing", str(error), "nobody can reach this Podium")
    state: State = "good" if answer.status_code == 200 else "missing"
    return Finding("  readiness", state, f"{run.url} says {answer.status_code}", answer.text[:500])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
