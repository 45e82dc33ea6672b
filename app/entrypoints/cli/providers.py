"""`providers`: list the installed providers and their state."""

import asyncio

import click

from app.domain.errors import AnyportError
from app.domain.redaction import mask_userinfo
from app.entrypoints.cli.tools import InstalledProvider, Tools


@click.command()
@click.option("--check/--no-check", default=True, help="Also send each configured provider one small request.")
@click.pass_obj
def providers(tools: Tools, *, check: bool) -> None:
    """List the installed providers, the settings that they lack, and whether they can be reached."""
    rows = asyncio.run(_rows(tools, check=check))
    width = max(len(name) for name, _ in rows)
    for name, state in rows:
        click.echo(mask_userinfo(f"{name:<{width}}  {state}"))


async def _rows(tools: Tools, *, check: bool) -> list[tuple[str, str]]:
    rows = []
    for installed in tools.providers():
        name = f"* {installed.name}" if installed.chosen else f"  {installed.name}"
        rows.append((name, await _state(installed, check=check)))
    return rows


async def _state(installed: InstalledProvider, *, check: bool) -> str:
    if installed.problem:
        return installed.problem
    if not check:
        return "configured"
    provider = installed.build()
    try:
        await provider.check()
    except AnyportError as error:
        detail = f" ({error.detail})" if error.detail else ""
        return f"configured, does not answer: {error.message}{detail}"
    finally:
        await provider.aclose()
    return f"reachable, model {provider.default_model}"
