"""Settings of the demo provider."""

from typing import Annotated

from app.domain.redaction import MaskedStruct
from app.environment import env


class DemoSettings(MaskedStruct, frozen=True, kw_only=True):
    """Pace of the demo."""

    delay_ms: Annotated[
        int,
        env(
            "DEMO_DELAY_MS",
            help="Milliseconds between two words of the demo.",
            expects="a number from 0 to 1000",
            ge=0,
            le=1000,
        ),
    ] = 20
