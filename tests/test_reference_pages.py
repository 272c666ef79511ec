"""The reference pages against the code: every variable that a process reads and every metric that one sets stands there, and no other."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from contest.telemetry import Metrics

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
PROCESSES = ("engine", "admin", "ranker", "relay", "ws_server")
EDGE = "contest/edge/app.py"
"""Sets metrics for every process that builds its application with it."""

VARIABLE = re.compile(r"^(?:DATABASE|FILES|REDIS)_URL$|^PODIUM_[A-Z_]+$")
METRICS = {name: metric for name, metric in vars(Metrics(CollectorRegistry())).items() if isinstance(metric, MetricWrapperBase)}


def rows(page: str) -> Iterator[list[str]]:
    """The cells of each row of each table of a page, its heads left out."""
    for line in (REFERENCE / page).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| `"):
            yield cells


def read_by(process: str) -> set[str]:
    """The variables named in a process' config.py."""
    found = ast.walk(ast.parse((ROOT / process / "config.py").read_text()))
    return {node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.match(node.value)}


def test_every_variable_is_documented_once_with_the_processes_that_read_it() -> None:
    documented: dict[str, list[set[str]]] = defaultdict(list)
    for names, processes, _ in rows("configuration.md"):
        for name in re.findall(r"`([A-Z_]+)`", names):
            documented[name].append(set(PROCESSES) if processes == "all" else set(processes.split(", ")))
    in_code: dict[str, set[str]] = defaultdict(set)
    for process in PROCESSES:
        for name in read_by(process):
            in_code[name].add(process)
    for name in re.findall(r'env "([A-Z_]+)"', (ROOT / "podium" / "gateway_routes.yml").read_text()):
        in_code[name].add("gateway")
    assert dict(documented) == {name: [processes] for name, processes in in_code.items()}


def set_by(attribute: str) -> list[str]:
    """The processes whose code names this metric."""
    named = re.compile(rf"\bmetrics\.{attribute}\b")
    found = {path.relative_to(ROOT) for folder in (*PROCESSES, "contest") for path in (ROOT / folder).rglob("*.py")}
    users = [str(path) for path in found if named.search((ROOT / path).read_text())]
    return sorted({process for path in users for process in (behind_the_edge() if path == EDGE else {path.partition("/")[0]})})


def behind_the_edge() -> set[str]:
    """The processes that serve through `contest.edge.app`."""
    named = "from contest.edge.app import"
    return {process for process in PROCESSES if any(named in path.read_text() for path in (ROOT / process).rglob("*.py"))}


@pytest.mark.parametrize("attribute", METRICS)
def test_every_metric_is_set_by_some_process(attribute: str) -> None:
    assert set_by(attribute)


def test_every_metric_is_documented_as_it_is() -> None:
    expected = []
    for attribute, metric in METRICS.items():
        name = metric._name + ("_total" if metric._type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)
        expected.append([f"`{name}`", metric._type, labels, ", ".join(set_by(attribute)), metric._documentation])
    assert [cells for cells in rows("metrics.md") if len(cells) == 5] == expected
