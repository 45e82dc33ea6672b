"""The command line, one command a file."""

from importlib import import_module
from typing import Final

import click

from app.entrypoints.cli.tools import Tools

__all__ = ["Tools", "cli"]

_COMMANDS: Final = {
    "serve": "serve",
    "providers": "providers",
    "doctor": "doctor",
    "migrate": "migrate",
    "export": "export",
    "erase": "erase",
    "settings": "settings_docs",
    "conformance": "conformance",
}


class _OnDemand(click.Group):
    """Commands that are imported when they are called for: a server starts sooner without those that it is not."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"app.entrypoints.cli.{name}"), name)
        return command


@click.group(cls=_OnDemand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="anyport", prog_name="anyport", message="%(prog)s %(version)s")
def cli() -> None:
    """Anyport, a self-hosted ChatKit server. Settings come from the environment: see docs/configuration.md."""
