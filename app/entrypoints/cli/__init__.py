"""The command line, one file for each command."""

from importlib import import_module
from typing import Final

import click

from app.entrypoints.cli.tools import Tools

__all__ = ["Tools", "cli"]

_COMMANDS: Final = {
    "serve": "serve",
    "providers": "providers",
    "doctor": "doctor",
    "assistant": "assistant",
    "migrate": "migrate",
    "export": "export",
    "erase": "erase",
    "settings": "settings_docs",
    "conformance": "conformance",
}


class _LazyCommands(click.Group):
    """A group that imports a command when it is called, so that a server starts sooner."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"app.entrypoints.cli.{name}"), name)
        return command


@click.group(cls=_LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="anyport", prog_name="anyport", message="%(prog)s %(version)s")
def cli() -> None:
    """Anyport, a self-hosted ChatKit server. Settings come from the environment: see docs/configuration.md."""
