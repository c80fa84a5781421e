"""`ipp rebuild` on a running platform: equal as it is, a doctored output is told, and nothing is left or disturbed."""

import asyncio
import json
from typing import Any

import pytest

from deploy.rebuild import PROCESSORS, shadows
from deploy.simulator.quiet import Broker
from tests.e2e.operate.conftest import Ipp
from tests.support.standing import Standing


def _ends(platform: Standing) -> dict[Any, int]:
    async def look() -> dict[Any, int]:
        broker = Broker(platform.stage.stack.kafka_bootstrap)
        await broker.start()
        try:
            return await broker.ends(platform.stage.topics)
        finally:
            await broker.stop()

    return asyncio.run(look())


def _compared(ipp: Ipp, processor: str) -> Any:
    done = ipp("rebuild", processor, "--compare", "--json")
    assert done.exit_code in (0, 1), done.output
    said = json.loads(done.stdout)
    assert done.exit_code == (0 if said["equal"] else 1)
    return said


@pytest.mark.parametrize("processor", [each.name for each in PROCESSORS])
def test_a_processor_computed_once_more_says_what_it_says_live(ipp: Ipp, platform: Standing, processor: str) -> None:
    before, mails = _ends(platform), len(platform.stage.mailbox.mails)

    said = _compared(ipp, processor)

    assert (said["equal"], said["differences"], said["foreign_writes"]) == (True, [], [])
    assert said["records"] > 0
    assert said["live"] == said["rebuilt"]
    if processor in ("scoring.outcomes", "scoring.penalties", "scoring.goodfaith"):
        assert said["live"] > 0
    # Business time stands still and all is done: whatever grew would be the rebuild's doing.
    assert _ends(platform) == before
    assert len(platform.stage.mailbox.mails) == mails
    assert asyncio.run(shadows(platform.stage.stack.kafka_bootstrap)) == ([], [])
