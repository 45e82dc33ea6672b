"""Settings of the HTTP server and its log."""

from enum import StrEnum
from typing import Annotated

from app.domain.redaction import MaskedStruct
from app.environment import checks, env


class LogLevel(StrEnum):
    """The lowest level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """The format of a log line."""

    TEXT = "text"
    JSON = "json"


class PatchSwitch(StrEnum):
    """Values of `APP_PATCHES`."""

    ON = "on"
    OFF = "off"


class ServerSettings(MaskedStruct, frozen=True, kw_only=True):
    """Address, logs, proxies and request limits."""

    host: Annotated[
        str,
        env(
            "HOST",
            help="Address that the server listens on.",
            expects="an IP address or a host's name, without a port, such as 127.0.0.1, 0.0.0.0 or ::",
            check=checks.host,
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        env(
            "PORT",
            help="Port that the server listens on. 0: a free one, which the log names.",
            expects="a port up to 65535, 0 for a free one",
            ge=0,
            le=65535,
        ),
    ] = 8000
    log_level: Annotated[
        LogLevel, env("APP_LOG_LEVEL", help="Lowest level that is logged.", expects="debug, info, warning or error")
    ] = LogLevel.INFO
    trusted_proxies: Annotated[
        str,
        env(
            "FORWARDED_ALLOW_IPS",
            help="Addresses or networks of trusted proxies, whose X-Forwarded-For and X-Forwarded-Proto are used.",
            expects="IP addresses and networks, such as 10.0.0.0/8,192.0.2.1; or * for all",
            check=checks.networks,
        ),
    ] = "127.0.0.1"
    log_format: Annotated[
        LogFormat, env("LOG_FORMAT", help="`text` for people, `json` for log collectors.", expects="text or json")
    ] = LogFormat.TEXT
    max_body_bytes: Annotated[
        int,
        env(
            "MAX_BODY_BYTES",
            help="Bytes of the largest request body.",
            expects="a number of bytes from 1024 to 1000000000",
            ge=1024,
            le=1_000_000_000,
        ),
    ] = 2_000_000
    client_seconds: Annotated[
        float,
        env(
            "CLIENT_SECONDS",
            help="Seconds that a client may take to send the head of a request, to catch up with its body, to stop "
            "sending after the response, and to read waiting bytes of a response.",
            expects="seconds from 0.1 to 86400",
            ge=0.1,
            le=checks.LONGEST_SECONDS,
        ),
    ] = 20.0
    # `app.patches.switch` reads the variable before anything is imported; it is checked and documented here.
    patches: Annotated[
        PatchSwitch,
        env(
            "APP_PATCHES",
            help="`off` runs the libraries without the patches that make them faster, to find out whether a fault is "
            "theirs or ours. `anyport doctor` lists the patches.",
            expects="on or off",
        ),
    ] = PatchSwitch.ON
