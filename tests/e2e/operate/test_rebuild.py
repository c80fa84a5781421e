"""`ipp rebuild` on a running platform: equal as it is, a doctored output is told, and nothing is left or disturbed."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from deploy.rebuild import PROCESSORS, rebuild, shadows
from deploy.simulator.ledger import read_to_end
from shared.kernel.clock import SystemClock
from tests.e2e.operate.conftest import Ipp
from tests.support.standing import Standing

OUTCOMES = "complaints.outcomes.v1"
TABLE = "complaints.deadline-processor-v1-state-changelog"


def _compared(ipp: Ipp, processor: str) -> Any:
    done = ipp("rebuild", processor, "--compare", "--json")
    assert done.exit_code in (0, 1), done.output
    said = json.loads(done.stdout)
    assert done.exit_code == (0 if said["equal"] else 1)
    return said


def _left(platform: Standing) -> tuple[list[str], list[str]]:
    return asyncio.run(shadows(platform.stage.stack.kafka_bootstrap))


@pytest.mark.parametrize("processor", [each.name for each in PROCESSORS])
def test_a_processor_computed_once_more_says_what_it_says_live(ipp: Ipp, platform: Standing, processor: str) -> None:
    before, mails = platform.ends(), len(platform.stage.mailbox.mails)

    said = _compared(ipp, processor)

    assert (said["equal"], said["differences"], said["foreign_writes"]) == (True, [], [])
    assert (said["records"] > 0, said["unread"], said["moving"]) == (True, 0, 0)
    assert said["live"] == said["rebuilt"]
    if processor.startswith("scoring"):
        assert said["live"] > 0
    # Business time stands still and all is done: whatever grew would be the rebuild's doing.
    assert platform.ends() == before
    assert len(platform.stage.mailbox.mails) == mails
    assert _left(platform) == ([], [])


@contextmanager
def _doctored(platform: Standing, topic: str, key: bytes, values: tuple[bytes, bytes]) -> Iterator[None]:
    """The first value on the topic for the block, the second one after it."""

    async def send(value: bytes) -> None:
        async with AIOKafkaProducer(bootstrap_servers=platform.stage.stack.kafka_bootstrap) as producer:
            await producer.send_and_wait(topic, value, key=key)

    asyncio.run(send(values[0]))
    try:
        yield
    finally:
        asyncio.run(send(values[1]))


async def _one_outcome(bootstrap: str) -> tuple[bytes, Any]:
    latest = {record.key: orjson.loads(record.value) async for _, record in read_to_end(bootstrap, [OUTCOMES])}
    return min(latest.items())


def test_an_outcome_that_does_not_follow_from_the_topics_is_told(ipp: Ipp, platform: Standing) -> None:
    key, told = asyncio.run(_one_outcome(platform.stage.stack.kafka_bootstrap))
    data = told["data"]
    doctored = {**told, "sequence": "998", "data": {**data, "counter_success": not data["counter_success"]}}
    with _doctored(platform, OUTCOMES, key, (orjson.dumps(doctored), orjson.dumps({**told, "sequence": "999"}))):
        said = _compared(ipp, "scoring.outcomes")

    (difference,) = said["differences"]
    assert (difference["topic"], difference["key"], said["different"]) == (OUTCOMES, key.decode(), 1)
    assert difference["live"] == {**difference["rebuilt"], "counter_success": not data["counter_success"]}


def test_a_deadline_that_no_event_set_is_told(ipp: Ipp, platform: Standing) -> None:
    row = {"seq": 998, "due": [["never-set", "merchant_answer", "2030-01-01T00:00:00+00:00"]], "cause": "", "cor": ""}
    gone = {**row, "seq": 999, "due": []}
    with _doctored(platform, TABLE, b"cases|IPP-NOBODY-001", (orjson.dumps(row), orjson.dumps(gone))):
        done = ipp("rebuild", "complaints.deadline-processor", "--compare")

    assert done.exit_code == 1
    assert f"{TABLE} cases|IPP-NOBODY-001: live it is " in done.output
    assert "never-set" in done.output
    assert "1 differences" in done.output


def test_a_rebuild_that_is_cut_short_leaves_nothing(platform: Standing) -> None:
    async def cut_short() -> list[str]:
        said: list[str] = []

        def told(sentence: str) -> None:
            said.append(sentence)
            if sentence == "comparing":
                work.cancel()

        work = asyncio.create_task(
            rebuild("scoring.penalties", platform.stage.stack.kafka_bootstrap, SystemClock(), told=told)
        )
        with pytest.raises(asyncio.CancelledError):
            await work
        return said

    said = asyncio.run(cut_short())

    assert said[-1] == "removing the shadow topics"
    assert _left(platform) == ([], [])


def test_a_shadow_is_kept_on_request_listed_and_removed_on_request(ipp: Ipp, platform: Standing) -> None:
    kept = ipp("rebuild", "scoring.penalties", "--compare", "--keep")
    topics, groups = _left(platform)
    listed, as_json = ipp("rebuild"), json.loads(ipp("rebuild", "--json").stdout)
    cleaned = ipp("rebuild", "--clean")

    assert kept.exit_code == 0, kept.output
    assert len(topics) == 3
    assert len(groups) == 1
    assert "3 shadow topics are there" in listed.output
    assert as_json["shadow_topics"] == topics
    assert [each["name"] for each in as_json["processors"]] == [each.name for each in PROCESSORS]
    assert "removed 3 shadow topics and 1 groups" in cleaned.output
    assert _left(platform) == ([], [])


def test_without_compare_nothing_is_done(ipp: Ipp, platform: Standing) -> None:
    done = ipp("rebuild", "scoring.goodfaith")

    assert done.exit_code == 0
    assert "Nothing was done." in done.output
    assert _left(platform) == ([], [])


@pytest.mark.parametrize("wrong", [["scoring.nothing", "--compare"], ["--compare"], ["scoring.outcomes", "--keep"]])
def test_what_makes_no_sense_is_told_in_one_line(ipp: Ipp, wrong: list[str]) -> None:
    done = ipp("rebuild", *wrong)

    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
