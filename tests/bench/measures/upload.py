"""How fast PDFs of some 5 MB are taken as evidence, beside a bare handler that streams the same part of the same form
into the same store: the same client, connections, durability and number of processes, samples in turn.

An upload is answered when it was read under its limits, looked at by the inspector, encrypted and stored. The bare
handler reads the part by pieces and makes one durable insert of it, which is faster here than an insert for each piece.
Store, broker, client, inspector and the process that is measured share the machine's cores.
"""

from collections.abc import Sequence
from typing import Any

from deploy.local.ports import free_ports
from tests.bench.figures import Figure, Sense
from tests.bench.stage import Load, complaints_stage
from tests.bench.uploads import scan, uploading

CONNECTIONS = 6
UPLOADS = 24
_WARM_UP = 8
_MB = 1_048_576


async def measure(repetitions: int) -> Sequence[Figure]:
    content = scan()
    async with complaints_stage() as stage:
        await stage.introduce(8)
        complaints = stage.world.port
        await stage.start_complaints("api")
        [bare] = free_ports(1)
        await stage.start("bare", "-m", "tests.bench.bare_handler", stage.world.stack.mongo_url, str(bare), port=bare)

        async def taken(port: int, count: int) -> Load:
            filers = stage.filers
            requests = [uploading(filers[i % len(filers)].token, content) for i in range(count)]
            return await stage.load(port, requests, CONNECTIONS)

        ports = (bare, complaints)
        for port in ports:
            await taken(port, _WARM_UP)
        samples = [[await taken(port, UPLOADS) for port in ports] for _ in range(repetitions)]
    return _figures([both[0] for both in samples], [both[1] for both in samples], len(content))


def _figures(bare: Sequence[Load], ours: Sequence[Load], size: int) -> Sequence[Figure]:
    ratios = [mine.per_second() / theirs.per_second() for mine, theirs in zip(ours, bare, strict=True)]
    detail: dict[str, Any] = {
        "connections": CONNECTIONS,
        "bytes": size,
        "bare": [load.as_detail() for load in bare],
        "complaints": [load.as_detail() for load in ours],
    }
    return (
        Figure("upload_ratio", "ratio", ratios, 0.5, Sense.AT_LEAST, detail),
        Figure("upload_mb_per_s", "MB/s", [load.per_second() * size / _MB for load in ours]),
        Figure("upload_bare_mb_per_s", "MB/s", [load.per_second() * size / _MB for load in bare]),
    )
