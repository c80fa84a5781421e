"""Cases of the past in great number: real documents, made by the real code, repeated under other names.

One submission of ten listings is filed, decided and acknowledged as the service does it; what it left in the service's
collections is copied as bytes, with names of the same length in place of its own. Names are spread as real ones are
(numbers of cases look random), so that indexes are as full and as wide as by years of filing; instants of filing lie a
minute apart, the latest cases still wait for a reviewer.
"""

import asyncio
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

import bson
from bson.raw_bson import RawBSONDocument

from shared.contracts.complaints import cases
from shared.contracts.marketplaces import acknowledgements
from shared.mongo import Database, InsertOne
from tests.bench.stage import Stage
from tests.support.complaints import taobao, uphold

OF_A_SUBMISSION = 10
WAITING_SHARE = 50  # one in so many, the latest ones
_REJECTED = (2, 5)  # so many of so many; the others hold their listing down
APART = timedelta(seconds=63)
_ACCOUNTS = 10_000
_AT_ONCE = 1_000
_CALLS = 3
_SPREAD = 0x2545F4914F6CDD1D  # odd, so that multiplying by it modulo a power of two repeats nothing
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_INSTANT = struct.Struct("<q")


@dataclass(frozen=True)
class Real:
    """The case that is copied, in its names and in what each collection has of it, as bytes. `waiting`: the same case
    before anybody took it."""

    number: str
    account: str
    right: str
    fingerprint: str
    evidence: str
    filed_at: datetime
    listings: Sequence[str]
    upheld: bytes
    rejected: bytes
    waiting: bytes
    submission: bytes
    measure: bytes
    sealed: bytes
    case_position: bytes
    measure_position: bytes


@dataclass(frozen=True)
class Past:
    """`count` cases are in the store, the latest first of their numbers; their sealed texts are in `texts`, the
    database of the China region's vault, where those of Taobao belong."""

    real: Real
    database: Database
    texts: Database
    count: int = 0

    async def up_to(self, count: int) -> "Past":
        """Loads what is missing to that many."""
        real, named, waiting = self.real, self._named, count // WAITING_SHARE
        held = [n for n in range(max(self.count, waiting), count) if not _rejected(n)]
        firsts = range(self.count, count, OF_A_SUBMISSION)
        positions = (real.case_position, real.measure_position)
        await self._load("submissions", (named(real.submission, n) for n in firsts))
        await self._load("vault.sealed", (named(real.sealed, n) for n in firsts), self.texts)
        await self._load("cases", (named(self._of(n, waiting), n) for n in range(self.count, count)))
        await self._load("measures", (named(real.measure, n) for n in held))
        await self._load("inbox.positions", (named(each, n) for n in held for each in positions))
        return replace(self, count=count)

    def _of(self, n: int, waiting: int) -> bytes:
        if n < waiting:
            return self.real.waiting
        return self.real.rejected if _rejected(n) else self.real.upheld

    async def _load(self, collection: str, documents: Iterator[bytes], database: Database | None = None) -> None:
        into = (database or self.database).collection(collection)

        async def feed() -> None:
            while batch := [InsertOne(RawBSONDocument(each)) for each in islice(documents, _AT_ONCE)]:  # type: ignore[arg-type]
                report = await into.write(batch)
                if report.violations:
                    raise RuntimeError(f"{collection}: {len(report.violations)} of {len(batch)} were refused")

        await asyncio.gather(*(feed() for _ in range(_CALLS)))

    def _named(self, document: bytes, n: int) -> bytes:
        """The document under the names of case `n`; of a submission: of its first case."""
        real, first = self.real, n - n % OF_A_SUBMISSION
        account = (first // OF_A_SUBMISSION) % _ACCOUNTS
        filed_at = real.filed_at - APART * (n + 1)
        document = document.replace(real.number.encode(), f"IPP-{_code(first)}".encode())
        for old in (real.account, real.right, real.fingerprint):
            document = document.replace(old.encode(), f"{old[:-8]}{account:08d}".encode())
        document = document.replace(real.evidence.encode(), f"{real.evidence[:-8]}{first:08d}".encode())
        document = document.replace(_written(real.filed_at), _written(filed_at))
        document = document.replace(_in_bson(real.filed_at), _in_bson(filed_at))
        if real.listings[1].encode() in document:  # a submission names all of its listings
            for position, old in enumerate(real.listings):
                document = document.replace(old.encode(), _listing(first + position).encode())
            return document
        document = document.replace(b"-001", f"-{n - first + 1:03d}".encode())
        return document.replace(real.listings[0].encode(), _listing(n).encode())


def _rejected(n: int) -> bool:
    some, of_all = _REJECTED
    return n % of_all < some


def _code(n: int) -> str:
    """Ten characters that look random, another for every number below 2^50."""
    mixed = n * _SPREAD % (1 << 50)
    return "".join(_ALPHABET[mixed >> shift & 31] for shift in range(0, 50, 5))


def _listing(n: int) -> str:
    return f"{800_000_000_000 + n * 61_803_398_877 % 100_000_000_000:012d}"


def _written(instant: datetime) -> bytes:
    """As texts in documents begin, with or without a zone's letter."""
    return instant.isoformat()[:19].encode()


def _in_bson(instant: datetime) -> bytes:
    return b"filed_at\x00" + _INSTANT.pack(int(instant.timestamp() * 1000))


async def real_case(stage: Stage, database: Database, texts: Database) -> Real:
    """Files, decides and acknowledges a submission by the service that runs on the stage, and reads what it left."""
    filer, filed_at = stage.filers[0], stage.world.clock.now()
    status, filed = await filer.file(*(taobao(next(stage.items)) for _ in range(OF_A_SUBMISSION)))
    assert status == 201, filed
    await stage.quiet(stage.world.port)
    first, number = filed["cases"][0], filed["submission_id"]
    case_id, listing = first["case_id"], first["listing_id"]
    waiting = await _document(database, "cases", case_id)
    await uphold(stage.world, case_id)
    second = filed["cases"][1]
    await _reject(stage, second["case_id"])
    await stage.quiet(stage.world.port)
    removed = acknowledgements.ListingRemoved(
        command_id=f"{listing}#1", listing_id=listing, merchant_id="m-1", at=filed_at
    )
    await stage.world.tell("takedown-acks.taobao.v1", listing, removed)
    await stage.world.until_heard(cases.TOPIC.name, case_id, cases.ListingTakenDown)
    await stage.quiet(stage.world.port)
    upheld = await _document(database, "cases", case_id)
    told = bson.decode(upheld)["state"]
    rejected = await _document(database, "cases", second["case_id"])
    for theirs, ours in ((second["case_id"], case_id), (second["listing_id"], listing)):
        rejected = rejected.replace(theirs.encode(), ours.encode())
    return Real(
        number=number,
        account=filer.account,
        right=filer.right,
        fingerprint=told["right_fingerprint"],
        evidence=told["evidence"][0],
        filed_at=filed_at,
        listings=[row["listing_id"].rpartition(":")[2] for row in filed["cases"]],
        upheld=upheld,
        rejected=rejected,
        waiting=waiting,
        submission=await _document(database, "submissions", number),
        measure=await _document(database, "measures", listing),
        sealed=await _document(texts, "vault.sealed", told["evidence"][0]),
        case_position=await _document(database, "inbox.positions", f"complaints.holds|complaints.cases.v1|{case_id}"),
        measure_position=await _document(
            database, "inbox.positions", f"complaints.measures|complaints.measures.v1|{listing}"
        ),
    )


async def _reject(stage: Stage, case_id: str) -> None:
    decision = {"decision": "reject", "reason_code": "insufficient_support"}
    for path, body in (("review/claims", {"case_ids": [case_id]}), (f"cases/{case_id}/decision", decision)):
        status, said = await stage.world.call("POST", f"/v1/{path}", stage.reviewer_token, body)
        assert status == 200, said


async def _document(database: Database, collection: str, key: str) -> bytes:
    found = await database.collection(collection).find_one({"_id": key})
    if found is None:
        raise LookupError(f"{collection} has no {key}")
    return bson.encode(found)
