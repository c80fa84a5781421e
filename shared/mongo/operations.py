"""What is asked of the store, in values of our own, so that another driver can stand behind the same door."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.kernel.failures import Transient

Document = dict[str, Any]


class StoreUnavailable(Transient):
    """The store did not answer, or not in time; the same call may succeed later."""


@dataclass(frozen=True)
class UniqueViolation:
    """A write was refused by a unique index; `index` is `_id_` where the document exists already."""

    index: str

    @property
    def exists(self) -> bool:
        return self.index == "_id_"


@dataclass(frozen=True)
class InsertOne:
    document: Document


@dataclass(frozen=True)
class UpdateOne:
    where: Mapping[str, Any]
    change: Mapping[str, Any]
    upsert: bool = False


@dataclass(frozen=True)
class DeleteOne:
    where: Mapping[str, Any]


Operation = InsertOne | UpdateOne | DeleteOne


@dataclass(frozen=True)
class WriteReport:
    """matched: updates that found their document (inserts by upsert not counted); violations: by position."""

    inserted: int
    matched: int
    violations: Mapping[int, UniqueViolation]


@dataclass(frozen=True)
class IndexSpec:
    """keys: field and direction (1 or -1); partial: only documents that match it are in the index."""

    name: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    partial: Mapping[str, Any] | None = None
    expire_after_seconds: int | None = None
