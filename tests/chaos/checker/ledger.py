"""What a client was promised, written down by the client itself: one line before it asks, one after it was answered.

A line is flushed before the request goes out, so that a client that is killed leaves behind that it asked; an attempt
without a second line is one whose answer was never received.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self
from uuid import uuid4

import orjson

Kind = Literal[
    "submission", "decision", "counter", "response", "supplement", "withdrawal", "determination", "reinstatement"
]


@dataclass(frozen=True, slots=True)
class Promise:
    """One attempt at one request and what came of it.

    key: its Idempotency-Key, the same in each retry; by: whose token asked; case_id: whom it is about (empty for a
    submission); asked_at, answered_at: business time before and after; status: of HTTP, None where no answer came;
    case_ids: the cases named in the answer; problem: the code of a refusal.
    """

    attempt: str
    kind: Kind
    key: str
    by: str
    asked_at: datetime
    body_hash: str = ""
    urls: tuple[str, ...] = ()
    case_id: str = ""
    answered_at: datetime | None = None
    status: int | None = None
    case_ids: tuple[str, ...] = ()
    problem: str = ""

    @property
    def kept_to(self) -> bool:
        """Whether the platform said yes, and so must stand by it."""
        return self.status is not None and 200 <= self.status < 300


class Ledger:
    """Appends to a file of JSON lines. `with Ledger(path) as ledger:` or `close` at the end; a crash loses nothing
    that `asking` returned from."""

    def __init__(self, path: Path) -> None:
        cut_off = path.is_file() and not path.read_bytes().endswith(b"\n")
        self._file = path.open("ab", buffering=0)
        if cut_off:
            # What a crash left of a line must not swallow the next one.
            self._file.write(b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def asking(
        self,
        kind: Kind,
        *,
        key: str,
        by: str,
        at: datetime,
        body: bytes = b"",
        urls: Iterable[str] = (),
        case_id: str = "",
    ) -> str:
        """Before each attempt, retries included; the attempt's own id, for `answered`."""
        attempt = uuid4().hex
        hashed = hashlib.sha256(body).hexdigest() if body else ""
        asked = {"kind": kind, "key": key, "by": by, "at": at, "body_hash": hashed, "urls": list(urls)}
        self._write({"attempt": attempt, **asked, "case_id": case_id})
        return attempt

    def answered(
        self, attempt: str, status: int, *, at: datetime, case_ids: Iterable[str] = (), problem: str = ""
    ) -> None:
        """After an answer was received, whatever it says. `case_ids`: those that it names."""
        self._write(
            {"attempt": attempt, "status": status, "at": at, "case_ids": list(case_ids), "problem": problem},
        )

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(orjson.dumps(line, option=orjson.OPT_UTC_Z) + b"\n")


def read_promises(path: Path) -> Sequence[Promise]:
    """All attempts, in the order in which they were asked. A last line that was cut off by a crash is left out."""
    promises: dict[str, Promise] = {}
    for line in path.read_bytes().split(b"\n"):
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if "kind" in said:
            promises[said["attempt"]] = _asked(said)
        elif (promise := promises.get(said["attempt"])) is not None:
            promises[promise.attempt] = replace(
                promise,
                status=said["status"],
                answered_at=_instant(said["at"]),
                case_ids=tuple(said["case_ids"]),
                problem=said["problem"],
            )
    return list(promises.values())


def _asked(said: dict[str, Any]) -> Promise:
    return Promise(
        attempt=said["attempt"],
        kind=said["kind"],
        key=said["key"],
        by=said["by"],
        asked_at=_instant(said["at"]),
        body_hash=said["body_hash"],
        urls=tuple(said["urls"]),
        case_id=said["case_id"],
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
