"""Inspection for services: in processes of its own, so that neither the event loop nor the service's memory is in a
stranger's hands."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Protocol

import orjson
import structlog
from prometheus_client import Counter

from shared.files.covers import Cover
from shared.files.verdict import MENDS, Accepted, FileFinding, Kind, Refused, Verdict
from shared.files.worker_process import WorkerLost, WorkerProcess
from shared.policies.policy import FileLimit

SECONDS_FOR_ONE = 30.0
"""Ours: the worst file within the limits takes about three on a slow machine."""
SECONDS_FOR_DRAWING = 10.0
"""Ours: of one page, or of a copy; pages as programs write them take a tenth of a second."""

_TRIES = 2
"""A process may also be lost without the file's fault (killed, or the machine stood still); not twice in a row."""

_INSPECTED = Counter("ipp_files_inspected_total", "Files that were looked at, by what came of it.", ["result"])

log = structlog.get_logger(__name__)


class Inspector(Protocol):
    """None of it raises for what is in a file; all but `inspect` are for files that were accepted.

    preview: a page as a JPEG, its longer side at most `side` pixels, covers painted over; None for what has none.
    pages: how many there are to be drawn, 0 where that cannot be told. clean: the file without metadata, None where it
    cannot be made.
    """

    async def inspect(self, content: bytes, filename: str, limit: FileLimit) -> Verdict: ...
    async def preview(
        self, content: bytes, kind: Kind, side: int, page: int = 1, covers: Sequence[Cover] = ()
    ) -> bytes | None: ...
    async def pages(self, content: bytes, kind: Kind) -> int: ...
    async def clean(self, content: bytes, kind: Kind) -> bytes | None: ...


class InspectorProcess:
    """Two workers: one reads what is sent, the other draws and cleans what was taken. So who has a page drawn that
    takes long keeps nobody from sending files."""

    name = "file-inspector"

    def __init__(self, seconds: float = SECONDS_FOR_ONE, drawing_seconds: float = SECONDS_FOR_DRAWING) -> None:
        self._reading = WorkerProcess(seconds)
        self._drawing = WorkerProcess(drawing_seconds)

    async def start(self) -> None:
        """Nothing yet: most processes never see a file."""

    async def stop(self) -> None:
        await self._reading.stop()
        await self._drawing.stop()

    async def inspect(self, content: bytes, filename: str, limit: FileLimit) -> Verdict:
        if len(content) > limit.max_bytes:  # it is not even handed over
            mend = f"Send at most {limit.max_bytes} bytes."
            return Refused((FileFinding("document-too-large", f"It is larger than {limit.max_bytes} bytes.", mend),))
        request = {"task": "inspect", "filename": filename, "limit": asdict(limit)}
        for _ in range(_TRIES):
            try:
                verdict = _verdict(orjson.loads(await self._reading.ask(request, content)))
            except WorkerLost as problem:
                log.warning("file-not-survived", task="inspect", reason=str(problem), size=len(content))
                continue
            _INSPECTED.labels("accepted" if isinstance(verdict, Accepted) else "refused").inc()
            return verdict
        _INSPECTED.labels("not-survived").inc()
        code = "document-decodes-too-large"
        return Refused((FileFinding(code, "It takes too much time or memory to be read.", MENDS[code]),))

    async def preview(
        self, content: bytes, kind: Kind, side: int, page: int = 1, covers: Sequence[Cover] = ()
    ) -> bytes | None:
        return await self._made(
            "preview", content, kind, side=side, page=page, covers=[asdict(each) for each in covers]
        )

    async def pages(self, content: bytes, kind: Kind) -> int:
        return int(await self._made("pages", content, kind) or 0)

    async def clean(self, content: bytes, kind: Kind) -> bytes | None:
        return await self._made("clean", content, kind)

    async def _made(self, task: str, content: bytes, kind: Kind, **more: object) -> bytes | None:
        try:
            return await self._drawing.ask({"task": task, "kind": kind, **more}, content) or None
        except WorkerLost as problem:
            log.warning("file-not-survived", task=task, reason=str(problem), kind=kind, size=len(content))
            return None


def _verdict(told: dict[str, Any]) -> Verdict:
    if "accepted" in told:
        return Accepted(**{**told["accepted"], "metadata": tuple(told["accepted"]["metadata"])})
    return Refused(tuple(FileFinding(**each) for each in told["refused"]["findings"]))
