"""Process of the command line: its environment and its exit codes."""

import os
import sys
from collections.abc import Sequence, Set

import structlog
from dotenv import dotenv_values

from app.application.health.assistant_report import AssistantReport
from app.bootstrap import (
    check_assistant,
    installed_providers,
    make_app,
    make_container,
    migrate,
    read_settings,
    schema_status,
    setting_sections,
    warn_of_unread,
)
from app.domain.errors import AnyportError
from app.domain.redaction import mask_userinfo
from app.entrypoints.cli import Tools, cli
from app.entrypoints.cli.tools import InstalledProvider
from app.environment import SettingsError
from app.environment.misspelled import Recorded
from app.logs import configure_logging
from app.settings import LogFormat, LogLevel, Settings
from app.startup.private_files import keep_private

USAGE = 2


def run() -> None:
    """Run the command line. Exit code 2 means a mistake in the environment, 1 a failed command."""
    keep_private()
    # Until the settings are read, log lines go to standard error, apart from the output of a command.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        cli(
            obj=Tools(
                settings=_settings,
                sections=setting_sections,
                providers=_providers,
                container=make_container,
                app=make_app,
                schema=schema_status,
                migrate=migrate,
                check_assistant=_check_assistant,
            )
        )
    except SettingsError as error:
        print(f"Anyport cannot start with this environment:\n{_indented(error)}", file=sys.stderr)  # noqa: T201
        sys.exit(USAGE)
    except AnyportError as error:
        detail = f"\n  ({mask_userinfo(error.detail)})" if error.detail else ""
        print(f"Anyport cannot go on: {error.message}{detail}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


def _settings() -> Settings:
    environment, file = _environment()
    try:
        settings = read_settings(environment)
        configure_logging(settings.server.log_level, settings.server.log_format)
    finally:
        # Also after an error: a missing setting may have been given under a wrong name.
        warn_of_unread(environment, file)
    return settings


def _providers() -> Sequence[InstalledProvider]:
    environment, file = _environment()
    providers = installed_providers(environment)
    warn_of_unread(environment, file)
    return providers


async def _check_assistant(name: str | None) -> AssistantReport:
    environment, file = _environment()
    if name is not None:
        environment = Recorded({**environment, "ASSISTANT": name})
    configure_logging(LogLevel.WARNING, LogFormat.TEXT)
    report = await check_assistant(environment)
    warn_of_unread(environment, file)
    return report


def _environment() -> tuple[Recorded, Set[str]]:
    """Variables of the process and of `.env`, which other libraries do not see; and the names only in `.env`."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return Recorded({**from_file, **os.environ}), from_file.keys() - os.environ.keys()


def _indented(error: SettingsError) -> str:
    return "\n".join(f"  {problem}" for problem in error.problems)
