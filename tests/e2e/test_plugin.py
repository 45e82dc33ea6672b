"""The example plugin, installed in a virtual environment."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.chatkit_client import ChatKitClient
from tests.server import ROOT, ServerProcess

EXAMPLE = ROOT / "examples" / "anyport-parrot"
BROKEN = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{package}"
version = "1.0.0"
[project.entry-points."anyport.providers"]
{name} = "{module}:plugin"
[tool.hatch.build.targets.wheel]
only-include = ["{module}.py"]
"""


async def run(*command: str | Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


class Environment:
    """A virtual environment with our packages and further ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"

    async def create(self) -> "Environment":
        await run(sys.executable, "-m", "venv", "--without-pip", self.folder)
        [site] = self.folder.glob("lib/python*/site-packages")
        ours = Path(pytest.__file__).parent.parent
        # `addsitedir` also reads our .pth files, so that the project itself is found.
        (site / "anyport.pth").write_text(f"import site; site.addsitedir({str(ours)!r})\n")
        return self

    async def install(self, package: Path) -> None:
        """Install a package without a network; its dependencies are installed already."""
        pip = (sys.executable, "-m", "pip", "--python", self.python, "install", "-q")
        await run(*pip, "--no-deps", "--no-build-isolation", "--no-index", package)


@pytest.fixture(scope="module")
async def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = await Environment(tmp_path_factory.mktemp("venv")).create()
    await environment.install(EXAMPLE)
    return environment


def broken_package(folder: Path, package: str, name: str, module: str, code: str) -> Path:
    (folder / package).mkdir()
    (folder / package / "pyproject.toml").write_text(BROKEN.format(package=package, name=name, module=module))
    (folder / package / f"{module}.py").write_text(code)
    return folder / package


async def test_an_installed_provider_answers(installed: Environment, tmp_path: Path) -> None:
    environment = {"LLM_PROVIDER": "parrot", "PARROT_PHRASE": "Ahoy!"}
    server = await ServerProcess(tmp_path, environment, python=installed.python).start()
    try:
        async with ChatKitClient(server.url) as client:
            health = (await client.http.get("/health")).json()
            assert (health["provider"], health["model"]) == ("parrot", "grey")
            exchange = await client.say("Polly wants a cracker")
            assert exchange.text == "Ahoy! Polly wants a cracker"
            assert exchange.error is None
            assert (await client.say("again", exchange.thread_id)).text == "Ahoy! again"
    finally:
        await server.stop()


async def test_it_is_listed_with_the_others(installed: Environment) -> None:
    listed = await run(installed.python, "-m", "app", "providers", "--no-check")
    assert {line.strip("* ").split()[0] for line in listed.splitlines() if line} >= {"parrot", "demo", "gemini"}


async def test_a_broken_plugin_is_named_and_the_others_work(tmp_path: Path) -> None:
    environment = await Environment(tmp_path / "venv").create()
    await environment.install(
        broken_package(tmp_path, "anyport-ruin", "ruin", "anyport_ruin", "import nothing_at_all\n")
    )
    server = await ServerProcess(tmp_path, {}, python=environment.python).start()
    assert await server.stop() == 0
    [line] = [line for line in server.log.splitlines() if "failed to load" in line]
    assert "ruin" in line
    assert "nothing_at_all" in line

    chosen = ServerProcess(tmp_path, {"LLM_PROVIDER": "ruin"}, python=environment.python)
    await chosen.spawn()
    assert await chosen.wait() == 2
    assert "LLM_PROVIDER: ruin failed to load" in chosen.log


async def test_two_of_one_name_stop_the_start_and_are_both_named(tmp_path: Path) -> None:
    environment = await Environment(tmp_path / "venv").create()
    await environment.install(broken_package(tmp_path, "anyport-impostor", "demo", "anyport_impostor", "plugin = 1\n"))
    server = ServerProcess(tmp_path, {}, python=environment.python)
    await server.spawn()
    assert await server.wait() == 1
    assert "anyport-impostor" in server.log
    assert "app.adapters.providers.demo.plugin" in server.log
