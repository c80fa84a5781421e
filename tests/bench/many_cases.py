"""A million cases of all kinds: real documents of each kind, made by the real decider, repeated under other names.

One case of each kind (marketplace, type, reason, how far it came) goes its way through the service's own commands; what
it left is copied as bytes, with names and instants of the same length in place of its own, as `past` does. They differ
from those of `past` in their kinds, which searches are made of. One account has 10,000 of them, the others 100 each.
"""

import asyncio
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import bson
from bson.raw_bson import RawBSONDocument

from services.complaints.cases import model as m
from services.complaints.cases.commands import Cases
from services.complaints.cases.model.state import TAKEDOWN_NOTICE
from services.complaints.cases.store import CASES
from shared.eventstore import Cause, Repository
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.kernel.clock import SteppedClock
from shared.mongo import Database, InsertOne
from shared.policies.loading import load_policy_book

LAST = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
"""When the latest case was filed; each other one `APART` before the next."""
APART = timedelta(seconds=63)
_MODELS_FILED = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LARGE = "acc-large-00000000"
OF_LARGE = 10_000
_EACH_LARGE = 100  # one case in so many is the large account's, until it has all of its own
_OF_AN_ACCOUNT = 100
_LISTINGS_EACH = 2  # cases about one listing
_MERCHANTS = 20_000
_PLACES = ("taobao", "tmall", "tmall_global", "1688", "aliexpress", "alibaba", "lazada.sg")
_WEIGHTS = (40, 20, 10, 10, 10, 8, 2)
_MATTERS = {"trademark": "counterfeit", "copyright": "image_misuse", "patent": "patent_infringement"}
_MATTER_WEIGHTS = (70, 20, 10)
_ENDS = ("received", "rejected", "taken_down", "countered", "accepted", "closed", "withdrawn")
_END_WEIGHTS = (2, 25, 5, 1, 3, 59, 5)
_AT_ONCE = 1_000
_CALLS = 3
_SPREAD = 0x2545F4914F6CDD1D  # odd, so that multiplying by it modulo a power of two repeats nothing
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_INSTANT = struct.Struct("<q")
_NUMBER, _ACCOUNT, _RIGHT, _FINGERPRINT, _MERCHANT, _ITEM = (
    "IPP-MODELMODEL",
    "acc-model-00000000",
    "rgt-model-00000000",
    "fp-model-00000000",
    "m-model-00000000",
    "999999999999",
)


def case_number_of(n: int) -> str:
    return f"IPP-{_code(n)}-001"


def account_of(n: int) -> str:
    if n % _EACH_LARGE == 0 and n < _EACH_LARGE * OF_LARGE:
        return LARGE
    return f"acc-model-{n // _OF_AN_ACCOUNT:08d}"


def right_of(n: int) -> str:
    """Of each account's cases one in four has another right."""
    return f"rgt-{account_of(n)[4:9]}-{int(account_of(n)[-8:]) * 4 + n // _EACH_LARGE % 4:08d}"


def merchant_of(n: int) -> str:
    return f"m-model-{n * 7919 % _MERCHANTS:08d}"


def item_of(n: int) -> str:
    return f"{800_000_000_000 + n // _LISTINGS_EACH * 61_803_398_877 % 100_000_000_000:012d}"


@dataclass(frozen=True)
class ManyCases:
    """Documents of each kind; `load` writes so many cases under other names, the latest first of their numbers."""

    kinds: Sequence[bytes]
    weights: Sequence[float]
    database: Database

    async def load(self, count: int) -> None:
        into = self.database.collection(CASES.collection)
        documents = self._documents(count)

        async def feed() -> None:
            while batch := [InsertOne(RawBSONDocument(each)) for each in islice(documents, _AT_ONCE)]:  # type: ignore[arg-type]
                report = await into.write(batch)
                if report.violations:
                    raise RuntimeError(f"{len(report.violations)} of {len(batch)} were refused: {report.violations}")

        await asyncio.gather(*(feed() for _ in range(_CALLS)))

    def _documents(self, count: int) -> Iterator[bytes]:
        chance = Random(7)
        for n in range(count):
            [document] = chance.choices(self.kinds, self.weights)
            yield _named(document, n)


async def many_cases(database: Database) -> ManyCases:
    """Makes one case of each kind, takes over what it left, and leaves the collection empty with its indexes."""
    store = MongoAggregateStore(database, CASES.collection, CASES.indexes)
    await store.prepare()
    book, collection = load_policy_book(), database.collection(CASES.collection)
    kinds, weights = [], []
    for place, of_place in zip(_PLACES, _WEIGHTS, strict=True):
        for (matter, reason), of_matter in zip(_MATTERS.items(), _MATTER_WEIGHTS, strict=True):
            for end, of_end in zip(_ENDS, _END_WEIGHTS, strict=True):
                clock = SteppedClock(_MODELS_FILED)
                cases = Cases(Repository(CASES, store, clock, "complaints"), book, clock)
                await _go(cases, clock, place, matter, reason, end)
                document = await collection.find_one({"_id": f"{_NUMBER}-001"})
                assert document is not None
                await collection.delete({"_id": document["_id"]})
                kinds.append(bson.encode({**document, "outbox": []}))
                weights.append(of_place * of_matter * of_end)
    return ManyCases(kinds, weights, database)


async def _go(cases: Cases, clock: SteppedClock, place: str, matter: str, reason: str, end: str) -> None:
    """One case from its filing to `end`."""
    number, cause = f"{_NUMBER}-001", Cause("bench")
    filing = m.FileComplaint(
        case_id=number,
        submission_id=_NUMBER,
        account_id=_ACCOUNT,
        platform=place.partition(".")[0],
        listing_id=f"{place}:item:{_ITEM}",
        right_id=_RIGHT,
        right_fingerprint=_FINGERPRINT,
        complaint_type=matter,
        reason=reason,
        by=_ACCOUNT,
    )
    assert not await cases.file([filing], cause)
    review: list[m.Command] = [m.BeginReview(by="staff-1")]
    upheld: list[m.Command] = [*review, m.Uphold(by="staff-1"), m.RecordTakedown(merchant_id=_MERCHANT)]
    served = m.RecordService(party="merchant", notice=TAKEDOWN_NOTICE, served_at=clock.now())
    answer = m.SubmitCounterNotification(by=_MERCHANT, received_at=clock.now())
    ways: dict[str, list[m.Command]] = {
        "received": [],
        "rejected": [*review, m.Reject(by="staff-1", reason_code="insufficient_support")],
        "taken_down": [*upheld, served],
        "countered": [*upheld, served, answer],
        "accepted": [*upheld, served, answer, m.AcceptCounterNotification(by=_ACCOUNT, received_at=clock.now())],
        "closed": [*upheld, served],
        "withdrawn": [*upheld, served, m.Withdraw(by=_ACCOUNT, reason="settled")],
    }
    for command in ways[end]:
        await cases.execute(number, command, cause)
    if end == "closed":
        clock.advance(timedelta(days=20))
        case = await cases.load(number)
        assert case is not None and case.running is not None
        await cases.execute(number, m.ExpireDeadline(deadline_id=case.running.id), cause)


def _named(document: bytes, n: int) -> bytes:
    """The document under the names of case `n`, filed at its instant; later steps keep their own instants."""
    account = account_of(n)
    names = {
        _NUMBER: f"IPP-{_code(n)}",
        _ACCOUNT: account,
        _RIGHT: right_of(n),
        _FINGERPRINT: f"fp-model-{n:08d}",
        _MERCHANT: merchant_of(n),
        _ITEM: item_of(n),
    }
    for old, new in names.items():
        document = document.replace(old.encode(), new.encode())
    at = LAST - APART * n
    document = document.replace(_MODELS_FILED.isoformat()[:19].encode(), at.isoformat()[:19].encode())
    return document.replace(_in_bson(_MODELS_FILED), _in_bson(at))


def _code(n: int) -> str:
    """Ten characters that look random, another for every number below 2^50."""
    mixed = (n + 1) * _SPREAD % (1 << 50)
    return "".join(_ALPHABET[mixed >> shift & 31] for shift in range(0, 50, 5))


def _in_bson(instant: datetime) -> bytes:
    return b"filed_at\x00" + _INSTANT.pack(int(instant.timestamp() * 1000))
