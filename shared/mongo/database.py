"""A database and its collections: durable writes (majority, journalled), typed, each call under a deadline."""

from collections import Counter as PerKind
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pymongo
import pymongo.errors
from motor.motor_asyncio import AsyncIOMotorClient
from prometheus_client import Counter

from shared.mongo.operations import (
    DeleteOne,
    Document,
    IndexSpec,
    InsertOne,
    Operation,
    StoreUnavailable,
    UniqueViolation,
    UpdateOne,
    WriteReport,
)

WRITES = Counter("ipp_store_writes", "Documents written, by collection and operation.", ("collection", "operation"))
READS = Counter("ipp_store_reads", "Queries sent, by collection.", ("collection",))

_DUPLICATE_KEY = 11000
# Errors about the server's state rather than about what it was asked: the same call may succeed later. By name in
# MongoDB's list of error codes: InternalError, UnknownError, LockTimeout, CursorNotFound (it was started again between
# two batches), LockBusy, ShutdownInProgress, ExceededTimeLimit, InterruptedAtShutdown,
# InterruptedDueToReplStateChange, OutOfDiskSpace.
_LATER = frozenset({1, 8, 24, 43, 46, 91, 262, 11600, 11602, 14031})
Sort = Sequence[tuple[str, int]]


def connect(url: str, name: str, *, timeout_seconds: float = 10.0, pool_size: int = 8) -> "Database":
    """A database of the given name. Nothing is sent before the first call."""
    milliseconds = int(timeout_seconds * 1000)
    client: Any = AsyncIOMotorClient(
        url,
        tz_aware=True,
        w="majority",
        journal=True,
        retryWrites=True,
        maxPoolSize=pool_size,
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=milliseconds * 3,
    )
    return Database(client, name)


class Database:
    """One service's database; nobody else's."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._database = client[name]
        self.name = name

    def collection(self, name: str) -> "Collection":
        return Collection(self._database[name], name)

    async def ping(self) -> None:
        """Raises StoreUnavailable where the store does not answer."""
        with _translated():
            await self._database.command("ping")

    async def drop(self) -> None:
        with _translated():
            await self._client.drop_database(self.name)

    def close(self) -> None:
        self._client.close()


class Collection:
    """Documents of one kind."""

    def __init__(self, collection: Any, name: str) -> None:
        self._collection = collection
        self.name = name
        self._reads = READS.labels(name)
        self._written = {kind: WRITES.labels(name, kind.__name__) for kind in (InsertOne, UpdateOne, DeleteOne)}

    async def ensure_indexes(self, specs: Sequence[IndexSpec]) -> None:
        """Creates what is missing; an index that exists with other options is an error."""
        for spec in specs:
            options: dict[str, Any] = {"name": spec.name, "unique": spec.unique}
            if spec.partial is not None:
                options["partialFilterExpression"] = dict(spec.partial)
            if spec.expire_after_seconds is not None:
                options["expireAfterSeconds"] = spec.expire_after_seconds
            with _translated():
                await self._collection.create_index(list(spec.keys), **options)

    async def find_one(self, where: Mapping[str, Any], fields: Sequence[str] | None = None) -> Document | None:
        self._reads.inc()
        with _translated():
            found: Document | None = await self._collection.find_one(dict(where), _projection(fields))
        return found

    async def find(
        self,
        where: Mapping[str, Any],
        *,
        fields: Sequence[str] | None = None,
        without: Sequence[str] | None = None,
        sort: Sort | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """All matches, or the first `limit`; `fields` are the only ones returned, `without` the ones left out."""
        self._reads.inc()
        with _translated():
            projection = dict.fromkeys(without, 0) if without else _projection(fields)
            cursor = self._collection.find(dict(where), projection)
            if sort:
                cursor = cursor.sort(list(sort))
            if limit:
                cursor = cursor.limit(limit)
            found: list[Document] = await cursor.to_list(None)
        return found

    async def each(
        self, where: Mapping[str, Any], *, fields: Sequence[str] | None = None, sort: Sort | None = None
    ) -> AsyncIterator[Document]:
        """The matches one by one, for more than fit in memory."""
        self._reads.inc()
        with _translated():
            cursor = self._collection.find(dict(where), _projection(fields))
            async for document in cursor.sort(list(sort)) if sort else cursor:
                yield document

    async def pages(
        self, where: Mapping[str, Any], size: int, *, sort: Sort | None = None
    ) -> AsyncIterator[list[Document]]:
        """The matches, whole, `size` at a time, read once through: cheaper than one by one, and no page looks for its
        place again. A store that is started again in between ends it."""
        self._reads.inc()
        with _translated():
            cursor = self._collection.find(dict(where)).batch_size(size)
            if sort:
                cursor = cursor.sort(list(sort))
            while page := await cursor.to_list(size):
                yield page

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        """What the stages make of the collection, all of it: let them end in few documents."""
        self._reads.inc()
        with _translated():
            found: list[Document] = await self._collection.aggregate([dict(stage) for stage in pipeline]).to_list(None)
        return found

    async def count(self, where: Mapping[str, Any]) -> int:
        self._reads.inc()
        with _translated():
            return int(await self._collection.count_documents(dict(where)))

    async def write(self, operations: Sequence[Operation]) -> WriteReport:
        """All in one call, in no order, each by itself: a violation of one does not stop the others."""
        if not operations:
            return WriteReport(0, 0, {})
        for kind, count in PerKind(type(operation) for operation in operations).items():
            self._written[kind].inc(count)
        with _translated():
            try:
                result = await self._collection.bulk_write([_to_driver(o) for o in operations], ordered=False)
                return _report(result.bulk_api_result)
            except pymongo.errors.BulkWriteError as problem:
                return _report(problem.details)
            except pymongo.errors.DuplicateKeyError as problem:
                if len(operations) == 1:
                    return WriteReport(0, 0, {0: UniqueViolation(_index_name(str(problem)))})
        # A server may give up the whole call at one violation (SecantusDB in Rust does at some). Then one by one.
        reports = [await self.write([operation]) for operation in operations]
        return WriteReport(
            sum(report.inserted for report in reports),
            sum(report.matched for report in reports),
            {i: report.violations[0] for i, report in enumerate(reports) if report.violations},
        )

    async def insert(self, document: Document) -> UniqueViolation | None:
        """None where it is in; otherwise which unique index refused it."""
        report = await self.write([InsertOne(document)])
        return report.violations.get(0)

    async def update(self, where: Mapping[str, Any], change: Mapping[str, Any], *, upsert: bool = False) -> bool:
        """Whether a document matched. Raises ValueError on a unique index, which no caller of this expects."""
        report = await self.write([UpdateOne(where, change, upsert)])
        if report.violations:
            raise ValueError(f"{self.name}: unique index {report.violations[0].index}")
        return report.matched == 1

    async def update_many(self, where: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        """The same change to all that match; how many they were. Several times cheaper than one update each."""
        with _translated():
            matched = int((await self._collection.update_many(dict(where), dict(change))).matched_count)
        self._written[UpdateOne].inc(matched)
        return matched

    async def delete(self, where: Mapping[str, Any]) -> None:
        await self.write([DeleteOne(where)])


def _to_driver(operation: Operation) -> Any:
    match operation:
        case InsertOne(document):
            return pymongo.InsertOne(document)
        case UpdateOne(where, change, upsert):
            return pymongo.UpdateOne(dict(where), dict(change), upsert=upsert)
        case DeleteOne(where):
            return pymongo.DeleteOne(dict(where))


def _report(details: Mapping[str, Any]) -> WriteReport:
    errors = details.get("writeErrors", [])
    concerns = details.get("writeConcernErrors", [])
    if concerns:
        raise StoreUnavailable(f"write concern not met: {concerns[0].get('errmsg', '')}")
    other = [error for error in errors if error["code"] != _DUPLICATE_KEY]
    if any(error["code"] in _LATER for error in other):
        raise StoreUnavailable(f"the store refused a write for now: {other[0]['code']} {other[0]['errmsg']}")
    if other:
        raise RuntimeError(f"the store refused a write: {other[0]['code']} {other[0]['errmsg']}")
    violations = {error["index"]: UniqueViolation(_index_name(error["errmsg"])) for error in errors}
    return WriteReport(int(details["nInserted"]), int(details["nMatched"]), violations)


def _index_name(message: str) -> str:
    """From `… index: NAME dup key: …`, which servers have said alike for years."""
    return message.partition("index: ")[2].partition(" dup key")[0].strip()


def _projection(fields: Sequence[str] | None) -> dict[str, int] | None:
    return dict.fromkeys(fields, 1) if fields is not None else None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except pymongo.errors.BulkWriteError:
        raise
    except (
        pymongo.errors.ConnectionFailure,
        pymongo.errors.ExecutionTimeout,
        pymongo.errors.WTimeoutError,
    ) as problem:
        raise StoreUnavailable(str(problem)) from problem
    except pymongo.errors.OperationFailure as problem:
        labels = (problem.has_error_label(name) for name in ("RetryableWriteError", "TransientTransactionError"))
        if problem.code in _LATER or any(labels):
            raise StoreUnavailable(str(problem)) from problem
        raise
