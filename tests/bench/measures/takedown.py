"""From a reviewer's decision to the `remove` command in a marketplace's hand, at half of the highest load, beside a
record that is produced and consumed on the same broker at the same rate.

Complaints runs as one process with the roles `api` and `reactions`; reviewers, marketplace, producer and consumer are
this process. It counts from the answer to the decision (HTTP 200); what the answer itself took is told apart.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
import orjson
from aiokafka import AIOKafkaProducer

from shared.kernel.ids import random_id
from tests.bench.figures import Figure, Sense
from tests.bench.marketplace import Arrivals, listening
from tests.bench.stage import Stage, complaints_stage
from tests.support.complaints import taobao

COMMANDS = "takedowns.taobao.v1"
RAW = "takedowns.tmall.v1"  # another marketplace's topic: made alike, and nothing else is on it
AT_ONCE = 32
FOR_LOAD = 400
FOR_LATENCY = 500
_SUBMISSION = 50
_CLAIM = 100
_BYTES = 900  # of a raw record; a command is as long


@dataclass
class Case:
    id: str
    listing: str


@dataclass
class Sample:
    """Latencies in ms."""

    rate: float
    takedown: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return p(99, self.takedown) / p(99, self.raw)


async def measure(repetitions: int) -> Sequence[Figure]:
    async with complaints_stage() as stage:
        await stage.introduce()
        await stage.start_complaints("api", "reactions")
        bootstrap = stage.world.stack.kafka_bootstrap
        samples = []
        async with listening(bootstrap, COMMANDS) as commands, listening(bootstrap, RAW) as echoes:
            await drained(stage, await under_review(stage, FOR_LOAD), commands)
            for _ in range(repetitions):
                highest = await drained(stage, await under_review(stage, FOR_LOAD), commands)
                sample = Sample(highest / 2)
                cases = await under_review(stage, FOR_LATENCY)
                await _raw(bootstrap, sample, echoes)
                await _decided_at(stage, sample, cases, commands)
                samples.append(sample)
        return _figures(samples)


async def under_review(stage: Stage, count: int) -> list[Case]:
    """Fresh cases that a reviewer has taken; returns when nothing is left to do."""
    cases: list[Case] = []
    while len(cases) < count:
        filer = stage.filers[len(cases) // _SUBMISSION % len(stage.filers)]
        status, filed = await filer.file(*(taobao(next(stage.items)) for _ in range(min(_SUBMISSION, count))))
        assert status == 201, filed
        cases += [Case(row["case_id"], row["listing_id"]) for row in filed["cases"]]
    for at in range(0, len(cases), _CLAIM):
        ids = [case.id for case in cases[at : at + _CLAIM]]
        status, _ = await stage.world.call("POST", "/v1/review/claims", stage.reviewer_token, {"case_ids": ids})
        assert status == 200
    await stage.quiet(stage.world.port)
    return cases


async def _decide(stage: Stage, case: Case) -> None:
    url = f"http://127.0.0.1:{stage.world.port}/v1/cases/{case.id}/decision"
    headers = {"Authorization": f"Bearer {stage.reviewer_token}", "Idempotency-Key": random_id("key")}
    async with stage.world.http.post(url, json={"decision": "uphold"}, headers=headers) as answer:
        if answer.status != 200:
            raise aiohttp.ClientError(await answer.text())
        await answer.read()


async def drained(stage: Stage, cases: Sequence[Case], commands: Arrivals) -> float:
    """Decisions a second that come out as commands, with as many reviewers at once as it takes."""
    waiting = iter(cases)

    async def reviewer() -> None:
        for case in waiting:
            await _decide(stage, case)

    started = time.perf_counter()
    await asyncio.gather(*(reviewer() for _ in range(AT_ONCE)))
    await commands.until_all({case.listing for case in cases})
    ended = max(commands.at[case.listing] for case in cases)
    await stage.quiet(stage.world.port)
    return len(cases) / (ended - started)


async def _decided_at(stage: Stage, sample: Sample, cases: Sequence[Case], commands: Arrivals) -> None:
    answered: dict[str, float] = {}

    async def decide(number: int) -> None:
        case, began = cases[number], time.perf_counter()
        await _decide(stage, case)
        answered[case.listing] = time.perf_counter()
        sample.answer.append((answered[case.listing] - began) * 1000)

    await _paced(len(cases), sample.rate, decide)
    await commands.until_all(set(answered))
    # A command may be there before the reviewer has read the answer: that is no time at all.
    sample.takedown = [max(0.0, (commands.at[listing] - at) * 1000) for listing, at in answered.items()]
    await stage.quiet(stage.world.port)


async def _raw(bootstrap: str, sample: Sample, echoes: Arrivals) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    sent: dict[str, float] = {}
    value = orjson.dumps({"x": "x" * _BYTES})

    async def send(_: int) -> None:
        key = random_id("raw")
        sent[key] = time.perf_counter()
        await producer.send_and_wait(RAW, value, key=key.encode())

    try:
        await _paced(FOR_LATENCY, sample.rate, send)
    finally:
        await producer.stop()
    await echoes.until_all(set(sent))
    sample.raw = [(echoes.at[key] - at) * 1000 for key, at in sent.items()]


async def _paced(count: int, rate: float, act: Callable[[int], Awaitable[None]]) -> None:
    """At even distances, whatever the one before is doing."""
    started, tasks = time.perf_counter(), []
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        tasks.append(asyncio.ensure_future(act(number)))
    await asyncio.gather(*tasks)


def p(percent: int, values: Sequence[float]) -> float:
    return sorted(values)[len(values) * percent // 100]


def _figures(samples: Sequence[Sample]) -> Sequence[Figure]:
    detail = {
        "takedown_p50_ms": [p(50, s.takedown) for s in samples],
        "answer_p50_ms": [p(50, s.answer) for s in samples],
        "answer_p99_ms": [p(99, s.answer) for s in samples],
        "raw_p50_ms": [p(50, s.raw) for s in samples],
        "raw_p99_ms": [p(99, s.raw) for s in samples],
    }
    return (
        Figure("takedown_p99_ratio", "ratio", [s.ratio for s in samples], 6.0, Sense.AT_MOST, detail),
        Figure("takedown_p99_ms", "ms", [p(99, s.takedown) for s in samples], 500.0, Sense.AT_MOST),
        Figure("takedown_commands_per_s", "commands/s", [s.rate * 2 for s in samples]),
    )
