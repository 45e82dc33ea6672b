"""The built front end on its way to those who run it: in the wheel, in the container, by `make run`; and without it."""

import re
import shutil
import sys
from pathlib import Path

import httpx
import pytest

from tests.project_copy import BUILT, copy, copy_of_wheel_sources, run, unpacked_wheel
from tests.server import ROOT, ServerProcess

WEB = ROOT / "web"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGE = DOCKERFILE.partition(" AS web\n")[2].partition("\nFROM")[0]
NODE = shutil.which("node")


@pytest.fixture
async def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the project, built by its backend and unpacked. Without Node its front end is a mark of ours."""
    script = BUILT.read_bytes() if BUILT.is_file() else b"/* as it was built */"
    folder = await unpacked_wheel(tmp_path_factory.mktemp("wheel"), script)
    assert (folder / "app" / "_web" / "chatkit.js").read_bytes() == script
    return folder


async def test_the_wheel_serves_the_front_end_and_without_it_says_what_to_do(unpacked: Path, tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, {"PYTHONPATH": str(unpacked)})
    script = unpacked / "app" / "_web" / "chatkit.js"
    try:
        await server.start()
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.get("/chatkit.js")).content == script.read_bytes()
            assert "<openai-chatkit>" in (await client.get("/")).text

            script.unlink()
            page = (await client.get("/")).text
            assert "<openai-chatkit>" not in page
            [line] = [line for line in page.splitlines() if "make web" in line]
            assert "Node 18" in line
            assert 'href="/hosted"' in page
            missing = await client.get("/chatkit.js")
            assert missing.status_code == httpx.codes.NOT_FOUND
            assert "make web" in missing.text
            assert (await client.get("/hosted")).status_code == httpx.codes.OK
    finally:
        await server.stop()


async def test_a_wheel_without_the_front_end_is_not_built(tmp_path: Path) -> None:
    copy_of_wheel_sources(tmp_path)
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "out")
    assert "make web" in await run(*build, cwd=tmp_path, code=1)
    assert not list((tmp_path / "out").glob("*"))


def test_everything_that_the_container_copies_is_there_and_let_in() -> None:
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    lines = re.findall(r"^COPY (?!--from)(.+)", DOCKERFILE, re.MULTILINE)
    sources = [source for line in lines for source in line.split()[:-1]]
    assert {"web/src", "web/package.json", "web/vite.config.ts", "app"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.split('/')[0]}" in allowed, source
    # A build of the host's is not let in; the container's own takes its place, and is there before the package is made.
    assert "app/_web" in allowed
    steps = ["COPY app app", "COPY --from=web /src/app/_web app/_web", "--no-deps --no-build-isolation ."]
    places = [DOCKERFILE.index(step) for step in steps]
    assert places == sorted(places)


async def test_the_containers_first_stage_builds_it_from_what_it_copies(tmp_path: Path) -> None:
    if NODE is None or not (WEB / "node_modules").is_dir():
        pytest.skip("web/node_modules is not there: make web-check (needs Node 18 or newer)")
    copies = re.findall(r"^COPY (.+)", STAGE, re.MULTILINE)
    copy(tmp_path, *(source for line in copies for source in line.split()[:-1]))
    (tmp_path / "web" / "node_modules").symlink_to(WEB / "node_modules")
    assert "RUN npm run --silent build" in STAGE
    await run("npm", "run", "--silent", "build", cwd=tmp_path / "web")
    built = (tmp_path / "app" / "_web" / "chatkit.js").read_text()
    assert "openai-chatkit" in built
    assert [file.name for file in (tmp_path / "app" / "_web").iterdir()] == ["chatkit.js"]


@pytest.mark.parametrize(("version", "is_built"), [("v20.1.0", True), ("v16.0.0", False), (None, False)])
async def test_make_run_builds_it_where_node_is_new_enough(tmp_path: Path, version: str | None, is_built: bool) -> None:
    """Stand-in for Node that prints its version; `make -n` prints the commands without running them."""
    copy(tmp_path, "Makefile", "web", "pyproject.toml", "requirements.txt", "requirements-uv.txt")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "awk", "find", "make", "python3"):
        (tools / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is not installed"))
    if version is not None:
        number = int(version[1:].partition(".")[0])
        (tools / "node").write_text(f"#!/bin/sh\necho '{'yes' if number >= 18 else ''}'\n")
        (tools / "node").chmod(0o755)
    planned = await run("make", "-n", "run", cwd=tmp_path, path=str(tools))
    assert ("npm run --silent build" in planned) == is_built
    assert "-m app serve" in planned
