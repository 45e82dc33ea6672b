"""The command line, one command a file."""

import click

from app.entrypoints.cli.conformance import conformance
from app.entrypoints.cli.doctor import doctor
from app.entrypoints.cli.erase import erase
from app.entrypoints.cli.export import export
from app.entrypoints.cli.migrate import migrate
from app.entrypoints.cli.providers import providers
from app.entrypoints.cli.serve import serve
from app.entrypoints.cli.settings_docs import settings_docs
from app.entrypoints.cli.tools import Tools

__all__ = ["Tools", "cli"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Anyport, a self-hosted ChatKit server. Settings come from the environment: see docs/configuration.md."""


for command in (serve, providers, doctor, migrate, export, erase, settings_docs, conformance):
    cli.add_command(command)
