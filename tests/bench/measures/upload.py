"""How fast PDFs of some 5 MB are taken as evidence, beside a bare handler that streams the same part of the same form
into the same store: the same client, connections, durability and number of processes, samples in turn.

An upload is answered when it was read under its limits, looked at by the inspector, encrypted and stored. The bare
handler reads the part by pieces and makes one durable insert of it, which is faster here than an insert for each piece.
Store, broker, client, inspector and the process that is measured share the machine's cores.

At the end 60 come at once, more than a process has room for: each is taken or asked to come again, and what the process
needed of memory at most is told.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local.ports import free_ports
from tests.bench.figures import Figure, Sense
from tests.bench.stage import Load, complaints_stage
from tests.bench.uploads import scan, uploading

CONNECTIONS = 6
UPLOADS = 24
CROWD = 60
MEMORY_GOAL_MB = 600.0
"""Of the process at its peak: some 110 MB idle, and four times the 96 MB of forms that it holds at once."""
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

        async def taken(port: int, count: int, connections: int = CONNECTIONS) -> Load:
            filers = stage.filers
            requests = [uploading(filers[i % len(filers)].token, content) for i in range(count)]
            return await stage.load(port, requests, connections)

        ports = (bare, complaints)
        for port in ports:
            await taken(port, _WARM_UP)
        samples = [[await taken(port, UPLOADS) for port in ports] for _ in range(repetitions)]
        crowd = await taken(complaints, CROWD, CROWD)
        if not set(crowd.statuses) <= {"201", "503"}:
            raise AssertionError(f"a crowd was answered by {dict(crowd.statuses)}")
        peak = Figure(
            "upload_peak_memory_mb",
            "MB",
            [_peak_mb(stage.children["complaints"].pid)],
            MEMORY_GOAL_MB,
            Sense.AT_MOST,
            {"at_once": CROWD, "statuses": dict(crowd.statuses)},
        )
    return (*_figures([both[0] for both in samples], [both[1] for both in samples], len(content)), peak)


def _peak_mb(pid: int) -> float:
    """Resident memory at its highest so far, as the kernel has kept it."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1_000_000


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
