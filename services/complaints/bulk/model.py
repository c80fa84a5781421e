"""A file of complaints as an aggregate: taken, worked off batch by batch, finished. Rows and their outcomes are
documents of their own, as nobody knows how many there are."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from shared.kernel.decider import Obsolete, Refusal

Status = Literal["under_way", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Rows of a batch that are kept in one region. platform: by which the region is chosen; ref: in the vault."""

    platform: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Consecutive lines of the file. rows: how many of them are complaints to be filed."""

    first_line: int
    last_line: int
    rows: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkTaken:
    """sha256: of the file; rows: that were found in it; unreadable: of these, what no complaint could be read from."""

    at: datetime
    import_id: str
    account_id: str
    format: Literal["csv", "jsonl"]
    sha256: str
    rows: int
    unreadable: int
    batches: tuple[Batch, ...]
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkFinished:
    at: datetime
    cases: int
    refused: int


Event = BulkTaken | BulkFinished
EVENTS: tuple[type[Event], ...] = (BulkTaken, BulkFinished)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkImport:
    id: str
    account_id: str
    format: Literal["csv", "jsonl"]
    sha256: str
    rows: int
    unreadable: int
    batches: tuple[Batch, ...]
    taken_at: datetime
    policy_version: str
    status: Status = "under_way"
    cases: int = 0
    refused: int = 0
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBulk:
    taken: BulkTaken


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishBulk:
    """cases, refused: of all rows, unreadable ones among the refused."""

    cases: int
    refused: int


Command = TakeBulk | FinishBulk


def decide(found: BulkImport | None, command: Command, now: datetime) -> tuple[Event, ...]:
    """Raises Refusal, Obsolete where it is so already."""
    match command:
        case TakeBulk(taken=taken):
            if found is not None:
                raise Obsolete("bulk-taken", "This file was taken already.")
            if not taken.rows:
                raise Refusal("file-empty", "The file has no rows.", "Send a header and at least one row.")
            return (taken,)
        case FinishBulk(cases=cases, refused=refused):
            if found is None:
                raise Refusal("no-such-import", "There is no such file here.")
            if found.status == "finished":
                raise Obsolete("bulk-finished", "It is finished already.")
            return (BulkFinished(at=now, cases=cases, refused=refused),)
        case _:
            assert_never(command)


def evolve(found: BulkImport | None, event: Event) -> BulkImport:
    if isinstance(event, BulkTaken):
        return BulkImport(
            id=event.import_id,
            account_id=event.account_id,
            format=event.format,
            sha256=event.sha256,
            rows=event.rows,
            unreadable=event.unreadable,
            batches=event.batches,
            taken_at=event.at,
            policy_version=event.policy_version,
        )
    if found is None:
        raise ValueError("an import begins with its being taken")
    return replace(found, status="finished", cases=event.cases, refused=event.refused, finished_at=event.at)
