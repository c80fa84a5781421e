"""How files of complaints are kept, and what became of their rows."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.complaints.bulk.model import EVENTS, BulkImport, Event, evolve
from shared.eventstore import AggregateType
from shared.eventstore.documents import Codec
from shared.kernel.clock import EPOCH
from shared.mongo import Database, IndexSpec


def _index(found: BulkImport) -> Mapping[str, Any]:
    fields: dict[str, Any] = {"account": found.account_id, "taken_at": found.taken_at}
    if found.status == "under_way":
        fields["open_since"] = found.taken_at
    return fields


# Nothing is told of a file by itself: its submissions and cases are.
BULK: AggregateType[BulkImport, Event] = AggregateType(
    kind="bulk-import",
    collection="bulk.imports",
    state=BulkImport,
    events=EVENTS,
    evolve=evolve,
    publish=lambda _state, _event, _number: (),
    index=_index,
    indexes=(
        IndexSpec("open", (("ix.open_since", 1), ("_id", 1)), partial={"ix.open_since": {"$exists": True}}),
        IndexSpec("by_account", (("ix.account", 1), ("ix.taken_at", -1))),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a row: a case, or problems, each a code and the column that it is about. known_case_id: the case
    that it repeats, where that is the filer's own."""

    line: int
    reference: str = ""
    case_id: str | None = None
    listing_id: str | None = None
    problems: tuple[tuple[str, str], ...] = ()
    known_case_id: str | None = None


class Outcomes:
    """One document a batch, written once: whoever works a batch off again finds it done."""

    def __init__(self, database: Database) -> None:
        self._documents = database.collection("bulk.outcomes")

    async def prepare(self) -> None:
        await self._documents.ensure_indexes([IndexSpec("of_import", (("import", 1), ("batch", 1)), unique=True)])

    async def add(
        self, import_id: str, batch: int, outcomes: Sequence[Outcome], filed_by_right: Mapping[str, int]
    ) -> None:
        """filed_by_right: how many of the rows made a case, by right."""
        cases = sum(1 for each in outcomes if each.case_id)
        await self._documents.insert(
            {
                "_id": f"{import_id}/{batch:06d}",
                "import": import_id,
                "batch": batch,
                "rows": [{name: value for name, value in asdict(each).items() if value} for each in outcomes],
                "cases": cases,
                "refused": len(outcomes) - cases,
                "by_right": [[right, count] for right, count in filed_by_right.items()],
            }
        )

    async def done(self, import_id: str) -> Sequence[Mapping[str, Any]]:
        """Of each batch that is done, in order: its number, counts, and what it filed by right."""
        fields = ("batch", "cases", "refused", "by_right")
        return await self._documents.find({"import": import_id}, fields=fields, sort=[("batch", 1)])

    async def each(self, import_id: str) -> AsyncIterator[Sequence[Outcome]]:
        """Batch by batch, in the order of the file's lines."""
        async for document in self._documents.each({"import": import_id}, sort=[("batch", 1)]):
            yield [_outcome(row) for row in document["rows"]]


def _outcome(row: Mapping[str, Any]) -> Outcome:
    problems = tuple((code, column) for code, column in row.get("problems", ()))
    return Outcome(**{**row, "problems": problems})


class BulkQueries:
    def __init__(self, database: Database) -> None:
        self._imports = database.collection(BULK.collection)
        self._codec = Codec(BULK)

    async def open(self, limit: int) -> Sequence[BulkImport]:
        """Not finished, the longest taken first."""
        where, sort = {"ix.open_since": {"$gt": EPOCH}}, [("ix.open_since", 1), ("_id", 1)]
        return [
            self._decoded(each) for each in await self._imports.find(where, fields=("state",), sort=sort, limit=limit)
        ]

    async def of_account(self, account_id: str, limit: int) -> Sequence[BulkImport]:
        """The latest first."""
        sort = [("ix.taken_at", -1)]
        found = await self._imports.find({"ix.account": account_id}, fields=("state",), sort=sort, limit=limit)
        return [self._decoded(each) for each in found]

    async def count_open(self) -> int:
        return await self._imports.count({"ix.open_since": {"$gt": EPOCH}})

    def _decoded(self, document: Mapping[str, Any]) -> BulkImport:
        return self._codec.load_state(document["state"])
