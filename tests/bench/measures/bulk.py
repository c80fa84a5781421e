"""How fast the rows of a file become cases, beside single calls that file one listing each: the same process, store and
broker, samples in turn. One row in twenty is bad, and every good one is a case at the end.

A sample of the file begins with its upload and ends when the import is finished: read, sealed, filed, reported. The
process has the roles `api` and `reactions`, in which the file's worker runs.
"""

import asyncio
import csv
import io
import time
import uuid
from collections.abc import Sequence
from typing import Any

import aiohttp

from tests.bench.figures import Figure, Sense
from tests.bench.stage import Load, Stage, complaints_stage
from tests.support.complaints import STATEMENTS, Filer, taobao
from tests.support.eventually import eventually

CONNECTIONS = 100
SINGLES = 2000
RIGHTS = 40
ROWS = 10_000
BAD_EVERY = 20
_WARM_UP = 300
_COLUMNS = ("platform", "complaint_type", "right_id", "reason", "url", "where", "evidence", "statements")


async def measure(repetitions: int) -> Sequence[Figure]:
    async with complaints_stage() as stage:
        await stage.introduce(RIGHTS)
        await stage.start_complaints("api", "reactions")
        owner = await _one_owner(stage)
        await stage.load(stage.world.port, stage.submissions(_WARM_UP), CONNECTIONS)
        await _import(stage, owner, 1_000)
        singles, files = [], []
        for _ in range(repetitions):
            await stage.quiet(stage.world.port, within=300)
            singles.append(await stage.load(stage.world.port, stage.submissions(SINGLES), CONNECTIONS))
            await stage.quiet(stage.world.port, within=300)
            files.append(await _import(stage, owner, ROWS))
    return _figures(singles, files)


async def _one_owner(stage: Stage) -> list[Filer]:
    """Rights of one account, so that one file may have many."""
    rights = [Filer(stage.world) for _ in range(RIGHTS)]
    for each in rights[1:]:
        each.account, each.token = rights[0].account, rights[0].token
    await rights[0].known()
    await asyncio.gather(*(each.told_the_right() for each in rights[1:]))
    await stage.quiet(stage.world.port)
    return rights


async def _import(stage: Stage, owner: Sequence[Filer], count: int) -> float:
    """Rows a second. Raises where a good row made no case, or a bad one did."""
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("file", _file(stage, owner, count), filename="complaints.csv", content_type="text/csv")
    base = f"http://127.0.0.1:{stage.world.port}/v1/bulk-submissions"
    headers = {"Authorization": f"Bearer {owner[0].token}"}
    started = time.perf_counter()
    keyed = {**headers, "Idempotency-Key": uuid.uuid4().hex}
    async with stage.world.http.post(base, data=form, headers=keyed) as answer:
        taken = await answer.json()
    seen: dict[str, Any] = {}

    async def finished() -> bool:
        nonlocal seen
        async with stage.world.http.get(f"{base}/{taken['import_id']}", headers=headers) as answer:
            seen = await answer.json()
        return bool(seen["status"] == "finished")

    await eventually(finished, within=300)
    seconds = time.perf_counter() - started
    bad = count // BAD_EVERY
    if (seen["cases"], seen["refused"]) != (count - bad, bad):
        raise AssertionError(f"of {count} rows {bad} are bad, and the report says {seen}")
    return count / seconds


def _file(stage: Stage, owner: Sequence[Filer], count: int) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for number in range(count):
        url = "https://nowhere.example/" if number % BAD_EVERY == 0 else taobao(next(stage.items))
        right = owner[number % len(owner)].right
        statements = " ".join(STATEMENTS)
        writer.writerow(("taobao", "trademark", right, "counterfeit", url, "title", "the logo differs", statements))
    return out.getvalue().encode()


def _figures(singles: Sequence[Load], files: Sequence[float]) -> Sequence[Figure]:
    single = [load.per_second() for load in singles]
    ratios = [rows / calls for rows, calls in zip(files, single, strict=True)]
    detail: dict[str, Any] = {"rows": ROWS, "rights": RIGHTS, "single": [load.as_detail() for load in singles]}
    return (
        Figure("bulk_file_ratio", "ratio", ratios, 3.0, Sense.AT_LEAST, detail),
        Figure("bulk_file_rows_per_s", "rows/s", list(files)),
    )
