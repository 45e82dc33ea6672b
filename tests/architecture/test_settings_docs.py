"""The documentation of the settings is the settings."""

import io

from dotenv import dotenv_values

from app.bootstrap import read_settings, setting_sections
from app.entrypoints.cli.settings_docs import as_env, as_markdown
from tests.server import ROOT

EXAMPLE = ROOT / ".env.example"


def test_the_example_is_what_make_docs_settings_writes() -> None:
    assert EXAMPLE.read_text() == as_env(setting_sections()) + "\n"


def test_the_page_is_what_make_docs_settings_writes() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text() == as_markdown(setting_sections()) + "\n"


def test_the_example_sets_nothing() -> None:
    assert dotenv_values(EXAMPLE) == {}


def test_the_example_uncommented_says_what_an_empty_environment_says() -> None:
    lines = [line.removeprefix("# ") for line in EXAMPLE.read_text().splitlines()]
    uncommented = dotenv_values(stream=io.StringIO("\n".join(line for line in lines if line.split("=")[0].isupper())))
    assert "DATABASE_URL" in uncommented
    values = {name: value for name, value in uncommented.items() if value is not None}
    assert read_settings(values) == read_settings({})
