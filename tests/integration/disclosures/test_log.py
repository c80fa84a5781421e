"""What was disclosed is found again by whose it was, by who received it, and by its time."""

from datetime import timedelta

import pytest

from shared.disclosures import DisclosureLog
from shared.eventstore import Cause
from shared.kernel.clock import SteppedClock
from shared.mongo import Database
from tests.support.world import START

ALICE, BOB = "acc-intl-ALICE", "acc-intl-BOB"


@pytest.fixture
async def clock() -> SteppedClock:
    return SteppedClock(START)


@pytest.fixture
async def log(fresh_database: Database, clock: SteppedClock) -> DisclosureLog:
    made = DisclosureLog(fresh_database, clock)
    await made.prepare()
    for account, what, to in ((ALICE, "identity-document", "stf-1"), (BOB, "evidence", "stf-1"), (ALICE, "x", "stf-2")):
        await made.record(account, what, "verification", Cause(to, "corr-1"), ground="service", about="case-1")
        clock.advance(timedelta(hours=1))
    return made


async def test_a_person_sees_theirs_in_order(log: DisclosureLog) -> None:
    found = await log.of_account(ALICE)
    assert [(each.what, each.to, each.at) for each in found] == [
        ("identity-document", "stf-1", START),
        ("x", "stf-2", START + timedelta(hours=2)),
    ]
    assert {(each.ground, each.about, each.purpose, each.correlation_id) for each in found} == {
        ("service", "case-1", "verification", "corr-1")
    }
    assert [each.what for each in await log.of_account(ALICE, after=START)] == ["x"]


async def test_an_incident_is_asked_by_actor_account_and_time(log: DisclosureLog) -> None:
    until = START + timedelta(hours=2)
    by_actor = [each.account async for each in log.each(since=START, until=until, to="stf-1")]
    by_account = [each.what async for each in log.each(since=START, until=until, account=ALICE)]
    every = [each.what async for each in log.each(since=START, until=until + timedelta(seconds=1))]
    assert (by_actor, by_account, every) == (
        [ALICE, BOB],
        ["identity-document"],
        ["identity-document", "evidence", "x"],
    )
