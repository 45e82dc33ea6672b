"""Brought code in a server that is killed: another process, or the next one, recovers its answer."""

import signal
from pathlib import Path

import pytest

from tests.chatkit_client import user_input
from tests.e2e.test_brought import FORMS, WIRE, begun, followed, site
from tests.postgres import Databases


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
@pytest.mark.parametrize("form", FORMS)
async def test_killed_in_the_middle_it_is_recovered_and_the_quota_counts(
    form: str, store: str, tmp_path: Path, databases: Databases
) -> None:
    async with site(form, store, tmp_path, databases, QUOTA_TOKENS_PER_DAY="10") as made:
        thread = await begun(made.here, "count forever", 40)
        await made.servers[0].stop(signal.SIGKILL)
        if store == "sqlite":
            await made.servers[0].start()
        events = await followed(made.there, thread)
        assert '"allow_retry":true' in events
        assert (await made.text(thread)).startswith("1 2 3 ")
        made.upstream.script(WIRE.text("Good day."))
        assert (await made.there.say("Good day!", thread)).text == "Good day."
        refused = await made.there.refused("threads.create", input=user_input("And?"))
        assert refused["code"] == "quota_used"
