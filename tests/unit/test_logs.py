"""What the log shows of a failure."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from app.logs import configure_logging
from app.settings import LogFormat, LogLevel


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Everything as before, afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("logging_as_it_was")
@pytest.mark.parametrize("form", LogFormat)
def test_a_failure_is_shown_with_its_causes_and_places_and_without_variables(
    form: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(LogLevel.DEBUG, form)

    def fail(prompt: str) -> None:
        try:
            raise OSError("the " + "cause")
        except OSError as cause:
            raise RuntimeError(f"{len(prompt)} characters") from cause

    try:
        fail("what a user wrote")
    except RuntimeError:
        structlog.get_logger().exception("it failed")
        logging.getLogger("library").exception("so it did")
    shown = capsys.readouterr().err
    assert (shown.count("17 characters"), shown.count("the cause")) == (2, 2)
    assert "test_logs.py" in shown
    assert "what a user wrote" not in shown.replace('fail("what a user wrote")', "")
