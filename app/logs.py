"""Logging: our own lines and those of libraries in one format, on standard error."""

import logging

import structlog
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer

from app.domain.redaction import mask_userinfo
from app.settings import LogFormat, LogLevel

_QUIET = (
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "openai",
    "openai.agents",
    "chatkit",
    "alembic",
    "aiosqlite",
    "uvicorn",
)

# uvicorn logs an error for a response that is left incomplete on purpose, so that its client asks again.
_HUNG_UP = "ASGI callable returned without completing response."


def _is_no_hang_up(record: logging.LogRecord) -> bool:
    return record.msg != _HUNG_UP


class _MaskingFormatter(structlog.stdlib.ProcessorFormatter):
    """Masks passwords of addresses in the finished line, also in tracebacks and in lines of libraries."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_userinfo(super().format(record))


def configure_logging(level: LogLevel, form: LogFormat) -> None:
    """Configure the root logger and structlog with one formatter. Idempotent."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = form is LogFormat.JSON
    # Both would show variables of frames by default, which contain keys, tokens and texts of users.
    text = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    tracebacks = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    renderer = structlog.processors.JSONRenderer() if as_json else text
    formatter = _MaskingFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *([tracebacks] if as_json else []),
            renderer,
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.value.upper())
    for name in _QUIET:
        logger = logging.getLogger(name)
        # ChatKit adds its own handler when LOG_LEVEL is set.
        logger.handlers = []
        logger.setLevel(max(logging.WARNING, root.level))
    logging.getLogger("uvicorn.error").addFilter(_is_no_hang_up)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
