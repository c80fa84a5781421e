"""`ipp dlq` on the real broker and store: what waits is listed, shown, tried again or passed over."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.cli import dead_letters
from deploy.cli.dead_letters import Waiting, Wanted
from deploy.cli.platform import Platform
from deploy.local.stack import LocalStack
from deploy.provision import apply, declared
from shared.mongo import connect
from shared.reactions.decisions import Verdict
from shared.reactions.inbox import Parked, Record
from shared.reactions.mongo_inbox import MongoInbox

PREFIX = "dlqtest"
SOURCE = "restrictions.taobao.v1"  # nobody reads it here
DEAD = "complaints.holds.dlq.v1"


@pytest.fixture
async def platform(stack: LocalStack) -> AsyncIterator[Platform]:
    wanted = [topic for topic in declared() if topic.name in (SOURCE, DEAD)]
    await apply(stack.kafka_bootstrap, wanted)
    yield Platform(stack.kafka_bootstrap, stack.mongo_url, PREFIX)
    database = connect(stack.mongo_url, f"{PREFIX}_complaints")
    await database.drop()
    database.close()


async def _decide(platform: Platform, entries: list[Waiting], verdict: Verdict, by: str, why: str) -> list[Any]:
    return [(deed.outcome, deed.said) async for deed in dead_letters.decide(platform, entries, verdict, by, why)]


async def _park(platform: Platform) -> MongoInbox:
    inbox = MongoInbox(connect(platform.mongo, f"{PREFIX}_complaints"))
    record = Record("complaints.cases.v1", 2, 17, b"IPP-1", (("ce_type", b"x"),), b'{"specversion": "1.0"}')
    await inbox.park("complaints.holds", [Parked(record, "gap", "sequence 5 came after 3")])
    return inbox


async def test_a_parked_record_is_listed_and_an_operators_verdict_is_kept(platform: Platform) -> None:
    inbox = await _park(platform)

    (waiting,) = [entry for entry in await dead_letters.waiting(platform) if entry.kind == "parked"]
    ((outcome, said),) = await _decide(platform, [waiting], "discard", "op", "no effect wanted")

    assert waiting.id == "complaints.holds|complaints.cases.v1|2|17"
    assert (waiting.key, waiting.why) == ("IPP-1", "gap: sequence 5 came after 3")
    assert outcome == "done"
    assert said.startswith("complaints will carry it out: discard")
    ((_, parked),) = await inbox.list_parked()
    assert parked.verdict == "discard"


async def test_a_dead_letter_says_where_it_came_from_and_can_be_sent_there_again(platform: Platform) -> None:
    headers = [("ce_type", b"x"), ("dlq_topic", SOURCE.encode()), ("dlq_partition", b"0"), ("dlq_offset", b"4")]
    async with AIOKafkaProducer(bootstrap_servers=platform.kafka) as producer:
        await producer.send_and_wait(DEAD, b"rubbish", key=b"k", headers=[*headers, ("dlq_error", b"no JSON")])

    # The broker is shared with other tests, and some of them leave dead letters of their own.
    (dead,) = [entry for entry in await dead_letters.waiting(platform) if entry.why == "no JSON"]
    await _decide(platform, [dead], "retry", "op", "the reader was mended")

    assert (dead.group, dead.source, dead.why) == ("complaints.holds", f"{SOURCE} 0 4", "no JSON")
    async with AIOKafkaConsumer(SOURCE, bootstrap_servers=platform.kafka, auto_offset_reset="earliest") as consumer:
        record = await consumer.getone()
    assert (record.key, record.value) == (b"k", b"rubbish")
    assert list(record.headers) == [("ce_type", b"x")]


async def test_a_dead_letter_that_was_decided_about_waits_no_more_and_the_decision_stays(platform: Platform) -> None:
    async with AIOKafkaProducer(bootstrap_servers=platform.kafka) as producer:
        await producer.send_and_wait(DEAD, b"rubbish", headers=[("dlq_error", b"not to be mended")])
    wanted = Wanted(group="complaints.holds", reason="not to be mended")
    (dead,) = await dead_letters.waiting(platform, wanted)

    ((_, said),) = await _decide(platform, [dead], "discard", "night-op", "the sender was mended")

    assert "waits no more" in said
    assert await dead_letters.waiting(platform, wanted) == []
    (decided,) = await dead_letters.waiting(platform, wanted, decided=True)
    assert decided.decided is not None
    assert (decided.decided.verdict, decided.decided.by, decided.decided.why) == (
        "discard",
        "night-op",
        "the sender was mended",
    )
    assert [decision.about for decision in await dead_letters.decisions(platform)][-1] == dead.id


async def test_a_whole_keys_queue_is_decided_about_and_other_keys_are_left(platform: Platform) -> None:
    inbox = MongoInbox(connect(platform.mongo, f"{PREFIX}_complaints"))
    records = [
        Record("complaints.cases.v1", 1, offset, key, (), b"{}") for offset, key in enumerate((b"a", b"a", b"b"))
    ]
    await inbox.park("complaints.holds", [Parked(record, "failed", "a bug") for record in records])
    wanted = Wanted(group="complaints.holds", key="a")

    await _decide(platform, await dead_letters.waiting(platform, wanted), "retry", "op", "mended")

    assert {parked.record.offset: parked.verdict for _, parked in await inbox.list_parked("complaints.holds")} == {
        0: "retry",
        1: "retry",
        2: "",
    }


@pytest.mark.parametrize("unknown", ["complaints.holds|x|0|1", f"{DEAD}@0@99999", f"{DEAD}@7@0", "nonsense@0@0"])
async def test_what_has_gone_meanwhile_is_told(platform: Platform, unknown: str) -> None:
    kind = "dead letter" if "@" in unknown else "parked"
    gone = Waiting(unknown, kind, "complaints.holds", "", "", "failed", "", "", (), "")

    assert await dead_letters.waiting(platform, Wanted(unknown)) == []
    assert await _decide(platform, [gone], "retry", "op", "") == [("gone", f"it has gone meanwhile: {unknown}")]
    assert await dead_letters.decisions(platform) == []


async def test_what_has_gone_keeps_nobody_from_the_next(platform: Platform) -> None:
    """Nor does a dead letter that nobody can send again, since it bears no mark of its source."""
    await _park(platform)
    async with AIOKafkaProducer(bootstrap_servers=platform.kafka) as producer:
        await producer.send_and_wait(DEAD, b"unmarked", headers=[("dlq_error", b"bears no marks")])
    (parked,) = await dead_letters.waiting(platform, Wanted(group="complaints.holds", reason="gap"))
    (unmarked,) = await dead_letters.waiting(platform, Wanted(reason="bears no marks"))
    gone = replace(parked, id="complaints.holds|x|0|1")

    deeds = await _decide(platform, [gone, unmarked, parked], "retry", "op", "mended")

    assert [outcome for outcome, _ in deeds] == ["gone", "without a source", "done"]
    assert [decision.about for decision in await dead_letters.decisions(platform)] == [parked.id]
