"""The whole Good Faith processor ÷ Quix Streams and ÷ a hand-written loop, at the same work with the same results.

One broker, the same 60,000 outcomes for all (4 partitions, 10,000 owners by Zipf's law), each sample a process of its
own, in turns, with the product's settings of Python's collector. Each writes a case's row for each event and an owner's
where it changed to a changelog, sends the same statuses, at-least-once, idempotent, JSON; the peers' docstrings say how
each keeps its state. Ours and the loop commit every quarter of a second, Quix every five. Counted are the seconds from
the first record until the broker has everything that the last one caused.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from services.scoring.streams import goodfaith
from shared.contracts.scoring import outcomes
from tests.bench.figures import Figure, Sense
from tests.bench.outcome_events import outcome_events
from tests.bench.streams import QUIX_PYTHON, Broker, bench_shape, broker, contender

CASES = 20_000
OWNERS = 10_000
EVENTS = 3 * CASES
_SOURCE = "bench.outcomes-by-account"


async def measure(repetitions: int) -> Sequence[Figure]:
    if not QUIX_PYTHON.is_file():
        raise RuntimeError("Quix Streams is not installed: `make bench` installs it")
    contenders = {"ours": _ours, "quix": _quix, "loop": _loop}
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    async with broker() as kafka:
        await kafka.make(_SOURCE)
        await kafka.load(_SOURCE, await asyncio.to_thread(lambda: list(outcome_events(CASES, OWNERS))))
        for number in range(repetitions):
            for name, run in contenders.items():
                taken[name].append(await run(kafka, f"{name}{number}"))
    results = {(one["digest"], one["eligible"], one["statuses"]) for samples in taken.values() for one in samples}
    if len(results) != 1:
        raise RuntimeError(f"the results differ: {results}")
    rates = {name: [EVENTS / one["seconds"] for one in samples] for name, samples in taken.items()}
    detail = {name: [round(rate) for rate in samples] for name, samples in rates.items()}
    cpu = {f"{name}_cpu_us": [round(1e6 * one["cpu"] / EVENTS, 1) for one in got] for name, got in taken.items()}
    [(_, eligible, statuses)] = results
    figure = partial(
        Figure, unit="ratio", sense=Sense.AT_LEAST, detail={**detail, **cpu, "statuses": statuses, "eligible": eligible}
    )
    return (
        figure("goodfaith_vs_quix", samples=_ratios(rates, "quix"), goal=1.2),
        figure("goodfaith_vs_loop", samples=_ratios(rates, "loop"), goal=0.7),
        Figure("goodfaith_events_per_s", "1/s", rates["ours"]),
    )


def _ratios(rates: dict[str, list[float]], peer: str) -> list[float]:
    return [ours / theirs for ours, theirs in zip(rates["ours"], rates[peer], strict=True)]


async def _ours(kafka: Broker, name: str, profile: str = "-") -> dict[str, Any]:
    shape = bench_shape(goodfaith.shape(), name, {_SOURCE: outcomes.BY_ACCOUNT})
    await kafka.make_for(shape)
    folder = str(kafka.folder / name)
    said = await contender(
        "tests.bench.peers.goodfaith_ours", kafka.bootstrap, _SOURCE, name, str(EVENTS), folder, profile
    )
    return said | {"statuses": await kafka.count(shape.outputs[0])}


async def _quix(kafka: Broker, name: str) -> dict[str, Any]:
    output = f"{name}.statuses"
    await kafka.make(output)
    said = await contender(
        "tests.bench.peers.goodfaith_quix",
        *(kafka.bootstrap, _SOURCE, output, name, str(kafka.folder / name), str(EVENTS)),
        python=QUIX_PYTHON,
    )
    return said | {"statuses": await kafka.count(output)}


async def _loop(kafka: Broker, name: str) -> dict[str, Any]:
    output, changelog = f"{name}.statuses", f"{name}.changelog"
    await kafka.make(output, compact=[changelog])
    said = await contender(
        "tests.bench.peers.goodfaith_loop", kafka.bootstrap, _SOURCE, changelog, output, name, str(EVENTS)
    )
    return said | {"statuses": await kafka.count(output)}
