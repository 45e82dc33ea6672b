"""`doctor`: check a configuration."""

import asyncio
from collections.abc import Sequence
from typing import Final

import click
from dishka import AsyncContainer

from app.application.health.self_checks import ModelChecks, Outcome, SelfCheck, SelfChecks, failed, outcomes_of
from app.domain.errors import AnyportError
from app.entrypoints.cli.tools import Tools

SECONDS: Final = 20.0
"""Seconds for one check."""


@click.command()
@click.pass_obj
def doctor(tools: Tools) -> None:
    """Check settings, machine, database, files, logins, tools and each configured model, with one small real request
    each. Exits with 1 when a check fails."""
    settings = tools.settings()
    click.echo(Outcome(state="ok", name="settings"))
    outcomes = asyncio.run(_examine(tools.container(settings)))
    for outcome in outcomes:
        click.echo(outcome)
    if any(outcome.state == "FAILED" for outcome in outcomes):
        raise click.exceptions.Exit(1)


async def _examine(container: AsyncContainer) -> Sequence[Outcome]:
    try:
        checks = [*(await container.get(SelfChecks)).checks]
        broken: list[Outcome] = []
        try:
            checks += (await container.get(ModelChecks)).checks
        except AnyportError as error:
            broken = [failed(SelfCheck(name="assistant", variables="ASSISTANT", attempt=None), error)]
        return [*await outcomes_of(checks, SECONDS), *broken]
    finally:
        await container.close()
