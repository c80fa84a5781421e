"""Batches on the real broker: what is in the middle of one neither gets lost nor lets anything be acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from deploy.local.stack import LocalStack
from services.scoring.streams.outcomes import OutcomeProcessor
from services.scoring.streams.outcomes import shape as outcomes_shape
from shared.contracts.envelope import Headers, encode
from shared.streams.app import StreamSettings
from shared.streams.processor import Effects, Processor, Put, Record, Send, Shape
from shared.streams.worker import StreamFailed, StreamWorker
from tests.support.case_events import CaseTale
from tests.support.eventually import eventually
from tests.support.kafka import Broker, broker, named
from tests.support.stream_worker import quiet, running

Fresh = Callable[[str], str]
_GOES = pytest.mark.parametrize("go_seconds", [0.0, 60.0], ids=["a record a go", "a batch a go"])
_CASES = [f"CASE-{number:03}" for number in range(60)]
_BAD = (b"one", b"{", ())


@pytest.fixture
async def kafka(stack: LocalStack) -> AsyncIterator[Broker]:
    async with broker(stack.kafka_bootstrap) as found:
        yield found


@pytest.fixture
def goes(go_seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.streams.worker._GO_SECONDS", go_seconds)


@dataclass
class _Ledger(Processor):
    """Writes each case's sequence and tells of each record; fails on the case that it stumbles over."""

    shape: Shape
    stumbles_over: str = ""
    seen: list[str] = field(default_factory=list)
    restored: dict[str, int] = field(default_factory=dict)

    def restore(self, partition: int, key: str, value: bytes) -> None:
        self.restored[key] = int(value)

    def drop(self, partition: int) -> None:
        pass

    def process(self, record: Record) -> Effects:
        case, sequence = record.envelope.subject, str(record.envelope.sequence).encode()
        if case == self.stumbles_over:
            raise RuntimeError("a bug of ours")
        self.seen.append(case)
        return Effects((Put(case, sequence),), (Send(self.shape.outputs[0], case, (), sequence),))


def _shape(fresh_name: Fresh) -> Shape:
    whole = outcomes_shape()
    return named(Shape("scoring.ledger", whole.inputs, whole.outputs[:1]), fresh_name)


def _told(case: str) -> tuple[bytes, bytes, Headers]:
    """All with one key, hence in one partition, hence in one batch where they wait for the worker."""
    headers, value = encode(CaseTale(case).records[0].envelope)
    return b"one", value, headers


async def _put(kafka: Broker, shape: Shape, records: list[tuple[bytes, bytes, Headers]]) -> None:
    [topic] = shape.inputs
    await kafka.put((topic, *record) for record in records)


async def _settled(kafka: Broker, shape: Shape) -> int:
    return sum((await kafka.committed(shape.app_id)).values())


@_GOES
@pytest.mark.usefixtures("goes")
async def test_a_batch_that_fails_in_the_middle_comes_again_whole_with_the_same_results(
    kafka: Broker, fresh_name: Fresh
) -> None:
    shape = _shape(fresh_name)
    await kafka.make(shape)
    await _put(kafka, shape, [_told(case) for case in _CASES])
    broken = _Ledger(shape, stumbles_over=_CASES[30])
    worker = StreamWorker(broken, StreamSettings(kafka.bootstrap))
    async with running(worker) as task:
        with pytest.raises(StreamFailed, match="a bug of ours"):
            await asyncio.wait_for(task, 60)
    assert broken.seen == _CASES[:30]
    assert await _settled(kafka, shape) == 0

    mended = _Ledger(shape)
    worker = StreamWorker(mended, StreamSettings(kafka.bootstrap))
    async with running(worker):
        await eventually(lambda: quiet(worker), within=60)

    assert mended.seen == _CASES
    assert await _settled(kafka, shape) == len(_CASES)
    assert {raw.key.decode(): raw.value for raw in await kafka.read(shape.changelog) if raw.key} == dict.fromkeys(
        _CASES, b"1"
    )
    told = [(raw.key or b"").decode() for raw in await kafka.read(shape.outputs[0])]
    assert set(told) == set(_CASES)
    assert max(told.count(case) for case in _CASES) <= 2


@_GOES
@pytest.mark.usefixtures("goes")
async def test_a_record_in_the_middle_that_cannot_be_read_is_a_dead_letter_and_the_others_are_processed(
    kafka: Broker, fresh_name: Fresh
) -> None:
    shape = _shape(fresh_name)
    await kafka.make(shape)
    await _put(kafka, shape, [*map(_told, _CASES[:10]), _BAD, *map(_told, _CASES[10:20])])
    ledger = _Ledger(shape)
    worker = StreamWorker(ledger, StreamSettings(kafka.bootstrap))

    async with running(worker):
        await eventually(lambda: quiet(worker), within=60)

    [letter] = await kafka.read(shape.dead_letters)
    assert (letter.value, letter.headers["dlq_offset"]) == (b"{", b"10")
    assert ledger.seen == _CASES[:20]
    assert {raw.key for raw in await kafka.read(shape.changelog)} == {case.encode() for case in _CASES[:20]}
    assert await _settled(kafka, shape) == 21


async def test_more_dead_letters_than_allowed_leave_their_batch_unacknowledged(
    kafka: Broker, fresh_name: Fresh
) -> None:
    shape = _shape(fresh_name)
    await kafka.make(shape)
    await _put(kafka, shape, [*map(_told, _CASES[:10]), *[_BAD] * 4, *map(_told, _CASES[10:20])])
    worker = StreamWorker(_Ledger(shape), StreamSettings(kafka.bootstrap, dead_letters_at_most=3))
    async with running(worker) as task:
        with pytest.raises(StreamFailed, match="more than 3 dead letters"):
            await asyncio.wait_for(task, 60)
    assert await _settled(kafka, shape) == 0

    patient = _Ledger(shape)
    worker = StreamWorker(patient, StreamSettings(kafka.bootstrap, dead_letters_at_most=4))
    async with running(worker):
        await eventually(lambda: quiet(worker), within=60)

    assert patient.seen == _CASES[:20]


async def test_records_that_come_again_in_other_batches_and_to_another_worker_change_nothing(
    kafka: Broker, fresh_name: Fresh
) -> None:
    shape = named(outcomes_shape(), fresh_name)
    await kafka.make(shape)
    tales = [CaseTale(f"CASE-{number}").upheld().down().countered().accepted() for number in range(20)]
    records = [
        (one.key.encode(), value, headers)
        for tale in tales
        for one in tale.records
        for headers, value in [encode(one.envelope)]
    ]
    tables = []
    for again in ([records], [records[:50], records[20:]]):
        worker = StreamWorker(OutcomeProcessor(shape), StreamSettings(kafka.bootstrap))
        async with running(worker):
            for part in again:
                await _put(kafka, shape, part)
                await eventually(lambda: quiet(worker), within=60)  # noqa: B023
        newest = {raw.key: raw.value for raw in await kafka.read(shape.outputs[0])}
        tables.append(({raw.key: raw.value for raw in await kafka.read(shape.changelog)}, newest.keys()))

    assert tables[0] == tables[1]
    assert len(tables[0][0]) == len(tales)
