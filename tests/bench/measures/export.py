"""A person's whole export: from asking to the last byte of the archive, with ten thousand cases behind the account.

The five services run as processes on two cores, with store, broker and whoever asks. Each archive is opened and counted
afterwards: every case, every text that the person wrote, every document as uploaded.
"""

import io
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson
import psutil

from tests.bench.figures import Figure, Sense
from tests.bench.long_account import DOCUMENT_BYTES, DOCUMENTS, LongAccount, long_account

CASES = 10_000
GOAL_S = 10.0
_MB = 1_000_000
_REMOVED = "removed"


@dataclass(frozen=True)
class Taken:
    """seconds: to the last byte; first: to the first; cpu: seconds of each service's process."""

    seconds: float
    first: float
    content: bytes
    cpu: dict[str, float]


async def measure(repetitions: int) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="ipp-export-") as folder:
        async with long_account(Path(folder), CASES) as long:
            taken = [await _export(long) for _ in range(repetitions)]
            _check(long, taken[-1].content)
            process = psutil.Process(long.stage.supervisor.pids["identity"])
            resident = process.memory_info().rss / _MB
    detail = {
        "cases": long.cases,
        "submissions": long.submissions,
        "notices": long.notices,
        "archive_mb": round(len(taken[-1].content) / _MB, 1),
        "cpu_s": {name: [round(each.cpu[name], 2) for each in taken] for name in taken[0].cpu},
    }
    return [
        Figure("export_s", "s", [each.seconds for each in taken], GOAL_S, Sense.AT_MOST, detail),
        Figure("export_services_cpu_s", "s", [sum(each.cpu.values()) for each in taken]),
        Figure("export_first_byte_s", "s", [each.first for each in taken]),
        Figure("export_identity_mb", "MB", [resident]),
    ]


async def _export(long: LongAccount) -> Taken:
    await _forget_earlier(long)
    processes = {name: psutil.Process(pid) for name, pid in long.stage.supervisor.pids.items()}
    before = {name: sum(each.cpu_times()[:2]) for name, each in processes.items()}
    headers = {"Authorization": f"Bearer {long.token}"}
    url, body = f"{long.identity}/v1/accounts/me/export", {"password": long.account.password}
    pieces, first = [], 0.0
    began = time.perf_counter()
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
        if answer.status != 200:
            raise AssertionError(f"{answer.status} {await answer.text()}")
        async for piece in answer.content.iter_any():
            first = first or time.perf_counter() - began
            pieces.append(piece)
    seconds = time.perf_counter() - began
    after = {name: sum(each.cpu_times()[:2]) for name, each in processes.items()}
    return Taken(seconds, first, b"".join(pieces), {name: after[name] - before[name] for name in after})


async def _forget_earlier(long: LongAccount) -> None:
    """Or else the limit of exports a day would be met: business time stands still here."""
    database = long.database("identity")
    for entry in await database.collection("exports").find({"account": long.account_id}):
        await database.collection("exports").delete({"_id": entry["_id"]})
    database.close()


def _check(long: LongAccount, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if (bad := archive.testzip()) is not None:
            raise AssertionError(f"{bad} is broken")
        cases = orjson.loads(archive.read("complaints/cases.json"))
        submissions = orjson.loads(archive.read("complaints/submissions.json"))
        notices = orjson.loads(archive.read("notifications/notices.json"))
        documents = [each for each in archive.infolist() if each.filename.startswith("files/ipr/")]
        counted = (len(cases), len(submissions), len(notices))
        if counted != (long.cases, long.submissions, long.notices) or counted[0] < CASES:
            raise AssertionError(f"{counted} of {(long.cases, long.submissions, long.notices)}")
        if any(text == _REMOVED for each in submissions for text in each["evidence"]):
            raise AssertionError("a text is not there")
        if sum(each.file_size > DOCUMENT_BYTES for each in documents) != DOCUMENTS:
            raise AssertionError("a document is not there")
