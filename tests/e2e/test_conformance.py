"""The protocol from one end to the other, as the command drives it; and the command on a server with mistakes."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.entrypoints.cli import cli
from tests.quickstart.columns import MARK, PAGE, conformance, ours, quickstart, quickstarts, table
from tests.server import ServerProcess


async def test_nothing_is_wrong_here_and_the_page_says_what_is_found(tmp_path: Path) -> None:
    (code, left), (_, right) = await asyncio.gather(ours(tmp_path), quickstarts(tmp_path))
    assert code == 0
    assert not [outcome for outcome in left if outcome.result == "wrong"]
    _, _, written = PAGE.read_text().partition(MARK)
    assert written.strip() == table(left, right).strip(), "write it anew: python -m tests.quickstart.columns"


async def test_a_server_that_is_wrong_fails_the_command(tmp_path: Path) -> None:
    async with quickstart(tmp_path) as url:
        code, [outcome] = await conformance(tmp_path, url, "--only", "bad body")
        assert code == 1
        assert outcome.result == "wrong"
        assert "500" in outcome.detail
        code, outcomes = await conformance(tmp_path, f"{url}/nowhere", "--only", "answered by a message")
        assert code == 1
        assert "404" in outcomes[0].detail


async def test_without_an_address_a_server_of_its_own_is_examined(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LLM_PROVIDER=nobody\n")
    code, outcomes = await conformance(tmp_path, "--only", "renames", "--only", "a form")
    assert code == 0
    assert [outcome.result for outcome in outcomes] == ["holds"] * 3


async def test_some_checks_alone_with_the_way_to_get_a_form(tmp_path: Path, server: ServerProcess) -> None:
    address = f"{server.url}/chatkit"
    _, found = await conformance(tmp_path, address, "--only", "a form", "--prompt", "form=Hello!")
    assert {outcome.result for outcome in found} == {"not offered"}
    assert "Hello!" in found[0].detail
    _, found = await conformance(tmp_path, address, "--only", "a form", "--only", "renames")
    assert [outcome.result for outcome in found] == ["holds"] * 3


@pytest.mark.parametrize(
    "arguments",
    [["ftp://x"], ["http://x", "--header", "none"], ["http://x", "--prompt", "nothing=x"]],
    ids=lambda arguments: arguments[-1],
)
def test_a_mistake_on_the_command_line_is_reported(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, ["conformance", *arguments])
    assert result.exit_code == 2
    assert "Usage" in result.output
