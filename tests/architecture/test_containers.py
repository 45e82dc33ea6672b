"""Containers: compose.yaml, the Dockerfile and the settings agree."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest
import yaml
from click.testing import CliRunner

from app.bootstrap import setting_sections
from app.entrypoints.cli import cli
from app.entrypoints.cli.serve import GRACE_SECONDS
from app.entrypoints.http.routes.health import health
from app.environment import variables
from app.settings import ServerSettings
from app.settings.turns import TurnSettings
from tests.server import ROOT

MARGIN_SECONDS: Final = 5.0
"""Seconds between the server's own end and its kill."""

COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
BY_DIGEST = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
OF_THE_SHELL = {"PATH", "PYTHONDONTWRITEBYTECODE", "POSTGRES_PASSWORD"}
"""Names in these files that are no settings: those of a shell, of Python, and of compose."""


def instructions(name: str) -> list[str]:
    """Return the arguments of instruction `name` in the last stage of the Dockerfile."""
    stage = re.split(r"^FROM .*$", DOCKERFILE, flags=re.MULTILINE)[-1]
    return re.findall(rf"^{name} (.+)$", stage, re.MULTILINE)


def seconds(duration: str) -> float:
    """Return the seconds of a duration of compose, such as `1m30s`."""
    units = {"s": 1, "m": 60, "h": 3600}
    parts = re.findall(r"(\d+)([smh])", duration)
    assert "".join(map("".join, parts)) == duration, duration
    return sum(int(number) * units[unit] for number, unit in parts)


def set_in_the_image() -> Mapping[str, str]:
    """Return the variables of the image."""
    return dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())


def test_a_server_is_not_killed_before_it_has_stored_its_answers() -> None:
    grace = seconds(SERVICES["server"]["stop_grace_period"])
    assert grace >= TurnSettings().shutdown_seconds + GRACE_SECONDS + MARGIN_SECONDS


def test_every_variable_that_is_set_is_a_setting() -> None:
    known = {name for section in setting_sections().values() for v in variables(section) for name in v.names}
    given = {name for ours in OURS for name in SERVICES[ours]["environment"]} | set_in_the_image().keys()
    given |= set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    comments = set(re.findall(r"#.*?\b([A-Z]+_[A-Z_]+)\b", (ROOT / "compose.yaml").read_text()))
    assert (given | comments) - OF_THE_SHELL <= known


def test_the_port_is_the_same_everywhere() -> None:
    [exposed] = instructions("EXPOSE")
    published = [port.rsplit(":", 1)[-1] for port in SERVICES["server"]["ports"]]
    ports = {exposed, set_in_the_image()["PORT"], SERVICES["server"]["environment"]["PORT"], *published}
    assert ports == {str(ServerSettings().port)}


def test_without_a_login_only_this_machine_reaches_the_server() -> None:
    assert SERVICES["server"]["environment"]["AUTH_MODE"] == "${AUTH_MODE:-none}"
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["server"]["ports"])


def test_the_health_check_uses_the_route_of_the_server() -> None:
    [check] = instructions("HEALTHCHECK")
    [path] = health.paths
    assert f"{path}')" in check
    assert "healthcheck" not in SERVICES["server"], "the image knows how to ask"


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_only_the_rights_that_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert "cap_add" not in service
    assert "/tmp" in service["tmpfs"]  # noqa: S108


def test_the_files_of_the_server_are_on_a_volume_of_its_user() -> None:
    [folder], [user] = instructions("WORKDIR"), instructions("USER")
    data = f"{folder}/data"
    assert user not in {"root", "0"}
    assert [volume.split(":")[1] for volume in SERVICES["server"]["volumes"]] == [data]
    made = next(line for line in instructions("RUN") if data in line)
    assert f"--owner {user} --group {user} --mode 0700 {data}" in made
    for volume in (volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())):
        assert volume in COMPOSE["volumes"]


def test_every_image_is_named_by_its_digest() -> None:
    given = dict(re.findall(r"^ARG (\w+)=(.+)$", DOCKERFILE, re.MULTILINE))
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images = [given[base.strip("${}")] for base in bases]
    images += [service["image"] for service in SERVICES.values() if "image" in service]
    assert len(images) >= 3
    assert [image for image in images if not BY_DIGEST.fullmatch(image)] == []


def test_the_commands_that_are_run_exist() -> None:
    commands = [*re.findall(r'"(\w+)"', instructions("CMD")[-1]), *SERVICES["migrate"]["command"]]
    for command in commands:
        assert CliRunner().invoke(cli, [command, "--help"]).exit_code == 0
