"""Which right names what is sealed for an account, and since when its periods run; on the real store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.ipr.retention import RightJudge
from services.ipr.rights.accounts import AccountReplica
from services.ipr.rights.model import Command, Event, ExpireDeadline, Right, decide
from services.ipr.rights.store import RIGHTS
from shared.eventstore import Cause, Repository
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.kernel.clock import SteppedClock
from shared.mongo import Database
from shared.policies.calendars import Deadline
from shared.policies.loading import load_policy_book
from shared.retention import Standing
from shared.vault import Kept
from tests.unit.ipr.test_right_model import AUTHENTICATE, CERTIFICATE, DETAILS, DRAFT, FAIL, SUBMIT, WITHDRAW

BOOK = load_policy_book()
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ALICE = "acc-1"


class Scene:
    def __init__(self, database: Database) -> None:
        self.clock = SteppedClock(MONDAY)
        store = MongoAggregateStore(database, RIGHTS.collection, RIGHTS.indexes)
        self.rights: Repository[Right, Event] = Repository(RIGHTS, store, self.clock, "ipr")
        self.accounts = AccountReplica(database)
        self.judge = RightJudge(database, self.rights, self.accounts)
        self.store = store

    async def on(self, day: int, command: Command, right_id: str = "rgt-1") -> None:
        now = MONDAY + day * DAY
        self.clock.move_to(now)
        await self.rights.execute(right_id, lambda right: decide(right, command, now, BOOK), Cause("test"))

    async def of(self, *refs: str, account: str = ALICE) -> Sequence[Standing]:
        return await self.judge([Kept(ref, account, "right/document") for ref in refs])

    async def days(self, ref: str) -> dict[str, int]:
        [standing] = await self.of(ref)
        assert standing.used
        assert (standing.account, standing.about) == (ALICE, "rgt-1")
        return {code: (since - MONDAY).days for code, since in standing.begun.items()}


@pytest.fixture
async def scene(fresh_database: Database) -> Scene:
    made = Scene(fresh_database)
    await made.store.prepare()
    return made


async def test_a_right_that_counts_begins_nothing_and_a_withdrawn_one_its_period(scene: Scene) -> None:
    await scene.on(0, SUBMIT)
    await scene.on(1, AUTHENTICATE)
    assert (await scene.days("vlt-1"), await scene.days("vlt-2")) == ({}, {})
    await scene.on(5, WITHDRAW)
    assert await scene.days("vlt-2") == {"right-withdrawn": 5}


async def test_a_failed_right_counts_until_it_is_sent_again_and_the_old_file_from_then_on(scene: Scene) -> None:
    await scene.on(0, SUBMIT)
    await scene.on(2, FAIL)
    assert await scene.days("vlt-2") == {"authentication-failed": 2}
    newer = replace(SUBMIT, documents=(replace(CERTIFICATE, ref="vlt-3"),))
    await scene.on(7, newer)
    assert await scene.days("vlt-2") == {"superseded": 7}
    assert (await scene.days("vlt-1"), await scene.days("vlt-3")) == ({}, {})


async def test_a_draft_counts_from_when_it_was_saved_last(scene: Scene) -> None:
    await scene.on(0, DRAFT)
    await scene.on(3, replace(DRAFT, documents=(CERTIFICATE,)))
    assert await scene.days("vlt-2") == {"draft-saved": 3}


async def test_an_expired_right_counts_from_its_expiry(scene: Scene) -> None:
    await scene.on(0, replace(SUBMIT, details=replace(DETAILS, expires_on=date(2026, 3, 12))))
    await scene.on(1, AUTHENTICATE)
    loaded = await scene.rights.load("rgt-1")
    assert loaded is not None
    assert isinstance(loaded.state.expiry, Deadline)
    await scene.on(12, ExpireDeadline(deadline_id=loaded.state.expiry.id))
    assert await scene.days("vlt-2") == {"right-expired": 12}


async def test_a_closed_account_begins_the_period_of_all_its_rights(scene: Scene) -> None:
    await scene.on(0, SUBMIT)
    closed_at = MONDAY + 4 * DAY
    await scene.accounts.replica.put(ALICE, 7, {"standing": "closed", "closed_at": closed_at})
    assert await scene.days("vlt-2") == {"account-closed": 4}


async def test_what_no_right_of_the_account_ever_named_is_unused(scene: Scene) -> None:
    await scene.on(0, SUBMIT)
    assert [each.used for each in await scene.of("vlt-8", "vlt-9", "vlt-2")] == [False, False, True]
    assert [each.used for each in await scene.of("vlt-2", account="acc-2")] == [False]
