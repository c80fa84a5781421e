"""How fast complaints are accepted, beside a bare handler with one durable insert: the same client, connections, store
and number of processes, samples in turn.

Store, broker, client and the process that is measured share the machine's cores. The complaints process has the role
`api`: it checks, writes, answers and publishes; what follows from a filed case is other processes' work. A sample
begins when the one before is all published.
"""

from collections.abc import Sequence
from typing import Any

from deploy.local.ports import free_ports
from tests.bench.figures import Figure, Sense
from tests.bench.stage import Load, Stage, complaints_stage

CONNECTIONS = 100
SINGLES = 2000
BULKS = 120
LISTINGS = 50
_WARM_UP = 300


async def measure(repetitions: int) -> Sequence[Figure]:
    async with complaints_stage() as stage:
        await stage.introduce()
        complaints = stage.world.port
        await stage.start_complaints("api")
        [bare] = free_ports(1)
        await stage.start("bare", "-m", "tests.bench.bare_handler", stage.world.stack.mongo_url, str(bare), port=bare)
        await stage.load(bare, stage.submissions(_WARM_UP), CONNECTIONS)
        await stage.load(complaints, stage.submissions(_WARM_UP), CONNECTIONS)
        await stage.load(complaints, stage.submissions(8, LISTINGS), CONNECTIONS)
        inserts, singles, bulks = [], [], []
        for _ in range(repetitions):
            await stage.quiet(complaints)
            inserts.append(await stage.load(bare, stage.submissions(SINGLES), CONNECTIONS))
            singles.append(await _until_published(stage, stage.submissions(SINGLES)))
            bulks.append(await _until_published(stage, stage.submissions(BULKS, LISTINGS)))
        return _figures(inserts, singles, bulks)


async def _until_published(stage: Stage, requests: Sequence[bytes]) -> Load:
    done = await stage.load(stage.world.port, requests, CONNECTIONS)
    await stage.quiet(stage.world.port)
    return done


def _figures(inserts: Sequence[Load], singles: Sequence[Load], bulks: Sequence[Load]) -> Sequence[Figure]:
    bare = [load.per_second() for load in inserts]
    single = [load.per_second() for load in singles]
    bulk = [load.per_second(each=LISTINGS) for load in bulks]
    detail: dict[str, Any] = {
        "connections": CONNECTIONS,
        "bare": [load.as_detail() for load in inserts],
        "intake": [load.as_detail() for load in singles],
        "bulk": [load.as_detail() for load in bulks],
    }
    of_bare = [mine / theirs for mine, theirs in zip(single, bare, strict=True)]
    of_bare_in_bulk = [mine / theirs for mine, theirs in zip(bulk, bare, strict=True)]
    return (
        Figure("intake_ratio", "ratio", of_bare, 0.7, Sense.AT_LEAST, detail),
        Figure("intake_bulk_ratio", "ratio", of_bare_in_bulk, 3.0, Sense.AT_LEAST),
        Figure("intake_complaints_per_s", "complaints/s", single),
        Figure("intake_bulk_listings_per_s", "listings/s", bulk),
        Figure("intake_bare_inserts_per_s", "inserts/s", bare),
        Figure("intake_cpu_ms", "ms", [_cpu_ms(load, "complaints") for load in singles]),
        Figure("intake_bulk_cpu_ms", "ms", [_cpu_ms(load, "complaints", LISTINGS) for load in bulks]),
        Figure("intake_bare_cpu_ms", "ms", [_cpu_ms(load, "bare") for load in inserts]),
    )


def _cpu_ms(load: Load, process: str, each: int = 1) -> float:
    """CPU of one process for one listing; steadier than the wall where others use the machine too."""
    return load.cpu[process] * 1000 / (sum(load.statuses.values()) * each)
