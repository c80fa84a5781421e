"""Lists of cases on a real store: whole, in order and in pages, however far apart the cases were filed."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import BeginReview, FileComplaint
from services.complaints.cases.store import CASES
from services.complaints.records.queries import CaseQueries
from services.complaints.records.search import Search
from shared.eventstore import Cause, Repository
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.kernel.clock import SteppedClock
from shared.mongo import Database
from shared.policies.loading import load_policy_book
from tests.support.world import START

CAUSE = Cause("test")
HOURS_APART = (0, 0, 0.2, 0.7, 2, 9, 40, 200, 900, 3000)
NUMBERS = [f"IPP-{number:010d}-001" for number in range(len(HOURS_APART))]


class Filed:
    """Ten cases, some at one instant, some months apart; every third of another marketplace."""

    def __init__(self, database: Database, clock: SteppedClock, cases: Cases) -> None:
        self.cases = cases
        self.clock = clock
        self.queries = CaseQueries(database, clock)

    async def all(self, search: Search, limit: int) -> list[str]:
        """Page by page."""
        numbers: list[str] = []
        cursor = None
        while True:
            page = await self.queries.page(search, cursor, limit)
            assert len(page.cases) <= limit
            numbers += [case.id for case in page.cases]
            cursor = page.following
            if cursor is None:
                return numbers

    async def queue(self, platform: str | None = None, limit: int = 50) -> list[str]:
        return [case.id for case in await self.queries.queue(platform, limit)]


@pytest.fixture
async def filed(fresh_database: Database) -> Filed:
    clock = SteppedClock(START)
    store = MongoAggregateStore(fresh_database, CASES.collection, CASES.indexes)
    await store.prepare()
    cases = Cases(Repository(CASES, store, clock, "complaints"), load_policy_book(), clock)
    for position, hours in enumerate(HOURS_APART):
        clock.advance(timedelta(hours=hours))
        await cases.file([_complaint(position)], CAUSE)
    return Filed(fresh_database, clock, cases)


def _complaint(position: int) -> FileComplaint:
    platform = "tmall" if position % 3 == 0 else "taobao"
    return FileComplaint(
        case_id=NUMBERS[position],
        submission_id=NUMBERS[position][:-4],
        account_id=f"acc-{position % 2}",
        principal_id=None,
        platform=platform,
        listing_id=f"{platform}:item:{position}",
        right_id=f"rgt-{position % 2}",
        right_fingerprint="trademark|CN|1",
        complaint_type="trademark",
        reason="counterfeit",
        evidence=(),
        by="acc-1",
    )


NEWEST_FIRST = NUMBERS[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(), NEWEST_FIRST),
        (Search(states=frozenset({"received"})), NEWEST_FIRST),
        (Search(states=frozenset({"upheld"})), []),
        (Search(platform="tmall"), [NUMBERS[9], NUMBERS[6], NUMBERS[3], NUMBERS[0]]),
        (Search(account="acc-1"), NUMBERS[9::-2]),
        (Search(right="rgt-0"), NUMBERS[8::-2]),
        (Search(submission=NUMBERS[4][:-4]), [NUMBERS[4]]),
    ],
)
async def test_pages_give_each_case_once_newest_first(
    filed: Filed, search: Search, expected: Sequence[str], limit: int
) -> None:
    assert await filed.all(search, limit) == expected


async def test_the_queue_is_whole_and_oldest_first_also_when_it_is_asked_again(filed: Filed) -> None:
    assert await filed.queue() == NUMBERS
    assert await filed.queue() == NUMBERS
    assert await filed.queue(limit=3) == NUMBERS[:3]
    assert await filed.queue("tmall") == NUMBERS[0::3]
    assert await filed.queue("tmall") == NUMBERS[0::3]
    assert await filed.queue("lazada") == []


async def test_the_queue_goes_on_behind_what_was_taken(filed: Filed) -> None:
    assert await filed.queue() == NUMBERS
    for number in NUMBERS[:8]:
        await filed.cases.execute(number, BeginReview(by="staff-1"), CAUSE)
    assert await filed.queue() == NUMBERS[8:]
    # Where the last look began is a hint only: another process knows nothing of it and finds the same.
    assert await filed.queue() == NUMBERS[8:]
