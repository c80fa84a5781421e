"""Lists of cases on a real store: whole, in order and in pages, however far apart the cases were filed."""

import csv
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import (
    AcceptCounterNotification,
    BeginReview,
    FileComplaint,
    RecordTakedown,
    Reject,
    SubmitCounterNotification,
    Uphold,
    Withdraw,
)
from services.complaints.cases.store import CASES
from services.complaints.records.cursors import read_cursor
from services.complaints.records.export import NOTICE
from services.complaints.records.export import rows as csv_rows
from services.complaints.records.figures import Figures
from services.complaints.records.history.queries import Asked, Histories
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
NEWEST_FIRST = NUMBERS[::-1]


class Filed:
    """Ten cases, some at one instant, some months apart; every third of another marketplace."""

    def __init__(self, database: Database, clock: SteppedClock, cases: Cases) -> None:
        self.cases = cases
        self.clock = clock
        self.database = database
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
        case_id=f"IPP-{position:010d}-001",
        submission_id=f"IPP-{position:010d}",
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
        (Search(case=NUMBERS[4]), [NUMBERS[4]]),
        (Search(case=NUMBERS[4], account="acc-1"), []),
        (Search(listings=("taobao:item:4", "tmall:item:4")), [NUMBERS[4]]),
        (Search(listings=("taobao:item:4",), platform="tmall"), []),
        (Search(account="acc-1", platform="tmall"), [NUMBERS[9], NUMBERS[3]]),
        (Search(account="acc-1", states=frozenset({"received", "closed"}), reason="counterfeit"), NUMBERS[9::-2]),
        (Search(states=frozenset({"received", "closed"})), NEWEST_FIRST),
        (Search(states=frozenset()), []),
        (Search(account="acc-1", complaint_type="patent"), []),
        (Search(complaint_type="trademark", right="rgt-0", account="acc-0"), NUMBERS[8::-2]),
        (Search(merchant="m-1"), []),
        (Search(reviewer="staff-1"), []),
        (Search(platform="lazada", site="SG"), []),
        # The fifth to the eighth were filed 2.9, 11.9, 51.9 and 251.9 hours after the first.
        (Search(filed_from=START + timedelta(hours=2), filed_before=START + timedelta(hours=51)), NUMBERS[5:3:-1]),
        (Search(account="acc-1", filed_from=START + timedelta(hours=2)), NUMBERS[9:4:-2]),
        (Search(account="acc-1", filed_before=START + timedelta(hours=11)), NUMBERS[3::-2]),
    ],
)
async def test_pages_give_each_case_once_newest_first(filed: Filed, search: Search, expected: Sequence[str]) -> None:
    for limit in (1, 2, 3, 50):
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


async def test_a_case_is_found_by_its_merchant_and_reviewer_once_it_has_them(filed: Filed) -> None:
    for command in (BeginReview(by="staff-1"), Uphold(by="staff-1"), RecordTakedown(merchant_id="m-1")):
        await filed.cases.execute(NUMBERS[4], command, CAUSE)
    for search in (Search(merchant="m-1"), Search(reviewer="staff-1"), Search(merchant="m-1", account="acc-0")):
        assert await filed.all(search, 1) == [NUMBERS[4]]
    assert await filed.all(Search(merchant="m-1", account="acc-1"), 1) == []


@pytest.mark.parametrize("search", [Search(), Search(account="acc-1"), Search(account="acc-1", reason="counterfeit")])
async def test_pages_stay_as_they_are_while_cases_are_filed(filed: Filed, search: Search) -> None:
    before = await filed.all(search, 50)
    seen: list[str] = []
    cursor = None
    for number in range(len(NUMBERS), 10 * len(NUMBERS)):
        page = await filed.queries.page(search, cursor, 1)
        seen += [case.id for case in page.cases]
        cursor = page.following
        if cursor is None:
            break
        filed.clock.advance(timedelta(seconds=number % 2))  # some at one instant with the one before
        await filed.cases.file([_complaint(number)], CAUSE)
    assert seen == before


async def test_a_look_that_is_soon_out_of_time_goes_on_by_its_cursor(filed: Filed) -> None:
    ticks = itertools.count()
    filed.queries = CaseQueries(
        filed.database, filed.clock, lambda: next(ticks) * 0.004
    )  # a second each time it is read
    assert await filed.all(Search(account="acc-1", reason="counterfeit"), 3) == NUMBERS[9::-2]
    assert await filed.all(Search(reason="counterfeit", platform="tmall"), 3) == NUMBERS[9::-3]


async def test_the_figures_of_an_account(filed: Filed) -> None:
    uphold = (BeginReview(by="staff-1"), Uphold(by="staff-1"))
    for command in (*uphold, RecordTakedown(merchant_id="m-1")):
        await filed.cases.execute(NUMBERS[3], command, CAUSE)
    answer = SubmitCounterNotification(by="m-1", received_at=filed.clock.now())
    accepted = AcceptCounterNotification(by="acc-1", received_at=filed.clock.now())
    for step in (answer, accepted):
        await filed.cases.execute(NUMBERS[3], step, CAUSE)
    for command in uphold:
        await filed.cases.execute(NUMBERS[5], command, CAUSE)
    await filed.cases.execute(NUMBERS[7], BeginReview(by="staff-1"), CAUSE)
    await filed.cases.execute(NUMBERS[7], Reject(by="staff-1", reason_code="no_right"), CAUSE)
    await filed.cases.execute(NUMBERS[1], Withdraw(by="acc-1", reason="settled"), CAUSE)
    asked = Asked("acc-1", "Asia/Shanghai", START, filed.clock.now() + timedelta(days=1))
    histories = Histories(filed.database)
    found = await histories.of(asked)
    # 1 withdrawn, 3 upheld and lost to the counter-notification, 5 upheld, 7 rejected, 9 open; 3 and 9 on Tmall.
    assert found.total == Figures(5, 3, 2, 1, 1, 1, 1)
    assert found.by_platform == {"taobao": Figures(3, 2, 1, 1, 1, 0, 0), "tmall": Figures(2, 1, 1, 0, 0, 1, 1)}
    assert found.by_right == {"rgt-1": found.total}
    assert sum(each.requests for each in found.by_month.values()) == 5
    assert (await histories.of(replace(asked, platform="tmall"))).total == found.by_platform["tmall"]
    assert (await histories.of(replace(asked, right="rgt-0"))).total == Figures()
    assert (await histories.of(replace(asked, filed_before=START))).total == Figures()


async def read(pieces: AsyncIterator[bytes]) -> list[list[str]]:
    text = b"".join([each async for each in pieces]).decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline=""), strict=True))


async def test_cases_as_csv_are_whole_with_the_notice_in_the_head(filed: Filed) -> None:
    [head, *rows] = await read(csv_rows(filed.queries, Search(account="acc-1"), None, "owner", 100))
    assert head[0] == "case_id"
    assert head[-1] == NOTICE
    assert [row[0] for row in rows] == NUMBERS[9::-2]
    assert all(len(row) == len(head) for row in rows)
    assert rows[0][head.index("listing_url")] == "https://detail.tmall.com/item.htm?id=9"
    assert not {"account_id", "merchant_id", "reviewer_id"} & set(head)
    [head, *_] = await read(csv_rows(filed.queries, Search(), None, "staff", 100))
    assert {"account_id", "merchant_id", "reviewer_id"} <= set(head)


async def test_csv_that_is_cut_says_so_and_goes_on_by_its_cursor(filed: Filed) -> None:
    [_, *rows] = await read(csv_rows(filed.queries, Search(), None, "staff", 3))
    assert [row[0] for row in rows] == [*NEWEST_FIRST[:3], ""]
    cursor = read_cursor(rows[-1][-1].rpartition("cursor=")[2])
    [_, *rest] = await read(csv_rows(filed.queries, Search(), cursor, "staff", 100))
    assert [row[0] for row in rest] == NEWEST_FIRST[3:]
