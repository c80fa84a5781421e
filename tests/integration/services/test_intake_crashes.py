"""Filing that is cut off between its writes, on a real store: nothing is lost, and everyone is told the same."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import orjson
import pytest

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import FileComplaint
from services.complaints.cases.store import CASES
from services.complaints.evidence.commands import EvidenceFiles
from services.complaints.evidence.store import EVIDENCE
from services.complaints.intake.api import submission_view
from services.complaints.intake.checks import Notice
from services.complaints.intake.commands import Intake
from services.complaints.intake.model import Submission, case_number, submission_number
from services.complaints.intake.replicas import AccountReplica, RightReplica
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.intake.unfinished import Unfinished
from services.complaints.records.queries import CaseQueries
from shared.contracts.identity import accounts
from shared.contracts.ipr import rights
from shared.eventstore import Cause, Repository
from shared.eventstore.aggregate import Answer, Receipt
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.files import FileIntake
from shared.files.inspector import InspectorProcess
from shared.files.scanning import NoScanner
from shared.kernel.clock import SteppedClock
from shared.mongo import Database, StoreUnavailable
from shared.policies.loading import load_policy_book
from shared.reactions import Message
from shared.vault import LocalKeyRing, LocalSecret, Vault
from tests.support.complaints import STATEMENTS, taobao
from tests.support.eventually import eventually
from tests.support.jar_records import envelope
from tests.support.vault import MemoryVaultStore
from tests.support.world import START

CAUSE = Cause("test")
SECRET = LocalSecret(bytes(32))


class Crashed(Exception):
    """The process went no further."""


class CutOff(Cases):
    """`crashes`: so many calls end before anything is written. `rival`: files first, once."""

    crashes = 0
    rival: FileComplaint | None = None

    async def file(self, commands: Sequence[FileComplaint], cause: Cause) -> Sequence[str]:
        if self.crashes:
            self.crashes -= 1
            raise Crashed
        if self.rival is not None:
            rival, self.rival = self.rival, None
            assert await super().file([rival], cause) == ()
        return await super().file(commands, cause)


@dataclass
class Desk:
    """Intake of one process, with an account `acc-1` and its right."""

    intake: Intake
    cases: CutOff
    unfinished: Unfinished

    async def file(self, *listings: int, key: str = "key-1", account: str = "acc-1") -> object:
        """What the caller is told."""
        urls = [taobao(listing) for listing in listings]
        notice = Notice(
            "taobao", "trademark", "counterfeit", tuple((u, ("title",)) for u in urls), True, frozenset(STATEMENTS)
        )
        receipt = Receipt(key, f"{listings}", _answer)
        done = await self.intake.file(account, notice, "rgt-1", "the logo differs", CAUSE, receipt)
        assert done.answer is not None
        return orjson.loads(done.answer.body)

    async def stored(self, *listings: int, key: str = "key-1") -> list[bool]:
        """For each listing of the request whether its case is there."""
        number = submission_number("acc-1", key)
        numbers = [case_number(number, position) for position in range(1, len(listings) + 1)]
        return [await self.cases.load(each) is not None for each in numbers]


def _answer(submission: Submission) -> Answer:
    return Answer(201, submission_view(submission).model_dump_json().encode())


@pytest.fixture
async def desk(fresh_database: Database) -> AsyncIterator[Desk]:
    yield await _desk(fresh_database)


async def _desk(database: Database) -> Desk:
    clock, book = SteppedClock(START), load_policy_book()
    case_store = MongoAggregateStore(database, CASES.collection, CASES.indexes)
    submission_store = MongoAggregateStore(database, SUBMISSIONS.collection, SUBMISSIONS.indexes)
    await case_store.prepare()
    await submission_store.prepare()
    evidence_store = MongoAggregateStore(database, EVIDENCE.collection, EVIDENCE.indexes)
    cases = CutOff(Repository(CASES, case_store, clock, "complaints"), book, clock)
    known_accounts, known_rights, unfinished = AccountReplica(database), RightReplica(database), Unfinished(database)
    account = accounts.AccountVerified(account_id="acc-1", verified=True)
    right = rights.RightAuthenticated(
        right_id="rgt-1",
        account_id="acc-1",
        right_type="trademark",
        place="CN",
        fingerprint="trademark|CN|1",
        expires_on=date(2030, 1, 1),
        status="authenticated",
    )
    await known_accounts.remember(Message(accounts.TOPIC.name, "acc-1", envelope("acc-1", 1, account), account))
    await known_rights.remember(Message(rights.TOPIC.name, "rgt-1", envelope("rgt-1", 1, right), right))
    vault = Vault(MemoryVaultStore(), LocalKeyRing(SECRET), SECRET.derive("blind-index"))
    files = FileIntake(InspectorProcess(), NoScanner())
    intake = Intake(
        Repository(SUBMISSIONS, submission_store, clock, "complaints"),
        cases,
        CaseQueries(database, clock),
        known_accounts,
        known_rights,
        vault,
        book,
        clock,
        unfinished,
        EvidenceFiles(Repository(EVIDENCE, evidence_store, clock, "complaints"), vault, files, book, clock),
    )
    return Desk(intake, cases, unfinished)


def rival_for(listing: int) -> FileComplaint:
    """Another submission's complaint of the same right about the listing."""
    return FileComplaint(
        case_id="IPP-RIVALRIVAL-001",
        submission_id="IPP-RIVALRIVAL",
        account_id="acc-1",
        principal_id=None,
        platform="taobao",
        listing_id=f"taobao:item:{listing}",
        right_id="rgt-1",
        right_fingerprint="trademark|CN|1",
        complaint_type="trademark",
        reason="counterfeit",
        evidence=(),
        by="acc-1",
    )


async def cut_off(desk: Desk, *listings: int) -> None:
    """Files and is cut off after the submission, before its cases."""
    desk.cases.crashes = 1
    with pytest.raises(Crashed):
        await desk.file(*listings)
    assert await desk.stored(*listings) == [False] * len(listings)
    assert await desk.unfinished.count() == 1


async def test_a_retry_after_a_crash_files_all_cases_and_gives_the_same_answer_each_time(desk: Desk) -> None:
    await cut_off(desk, 101, 102, 103)

    told = await desk.file(101, 102, 103)
    assert await desk.stored(101, 102, 103) == [True, True, True]
    assert [row["row"] for row in told["cases"]] == [1, 2, 3]  # type: ignore[index]
    assert await desk.file(101, 102, 103) == told

    await eventually(lambda: _none_left(desk))


async def _none_left(desk: Desk) -> bool:
    return await desk.unfinished.count() == 0


async def test_the_sweeper_finishes_at_its_second_look_what_may_be_present_work_at_the_first(desk: Desk) -> None:
    await cut_off(desk, 101, 102)

    seen = await desk.intake._look(frozenset())
    assert await desk.stored(101, 102) == [False, False]
    await desk.intake._look(seen)
    assert await desk.stored(101, 102) == [True, True]
    await eventually(lambda: _none_left(desk))

    # The filer's retry is told what the first request would have been told.
    told = await desk.file(101, 102)
    assert [row["row"] for row in told["cases"]] == [1, 2]  # type: ignore[index]


async def test_the_sweeper_of_the_next_process_finishes_at_once(desk: Desk, fresh_database: Database) -> None:
    await cut_off(desk, 101, 102)

    after = await _desk(fresh_database)
    sweeping = asyncio.create_task(after.intake.sweep())
    try:
        await eventually(lambda: _none_left(after))
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
    assert await after.stored(101, 102) == [True, True]


async def test_what_another_took_meanwhile_is_corrected_and_each_retry_is_told_so(desk: Desk) -> None:
    desk.cases.rival = rival_for(102)

    told = await desk.file(101, 102)
    assert await desk.stored(101, 102) == [True, False]
    assert [row["row"] for row in told["cases"]] == [1]  # type: ignore[index]
    assert [(row["row"], row["code"]) for row in told["refused"]] == [(2, "duplicate-case")]  # type: ignore[index]
    assert await desk.file(101, 102) == told
    assert await desk.file(101, 102) == told
    assert await desk.unfinished.count() == 0


async def test_a_retry_is_told_the_correction_that_the_sweeper_made_after_a_crash(desk: Desk) -> None:
    await cut_off(desk, 101, 102)
    desk.cases.rival = rival_for(101)
    seen = await desk.intake._look(frozenset())
    await desk.intake._look(seen)

    told = await desk.file(101, 102)
    assert [(row["row"], row["code"]) for row in told["refused"]] == [(1, "duplicate-case")]  # type: ignore[index]
    assert [row["row"] for row in told["cases"]] == [2]  # type: ignore[index]
    assert await desk.stored(101, 102) == [False, True]


async def test_a_store_that_fails_in_between_leaves_the_sweeper_to_look_again(desk: Desk) -> None:
    await cut_off(desk, 101)

    class Away(CutOff):
        async def file(self, commands: Sequence[FileComplaint], cause: Cause) -> Sequence[str]:
            raise StoreUnavailable("away")

    number = submission_number("acc-1", "key-1")
    desk.intake._cases = Away(desk.cases.repository, desk.cases._book, desk.cases._clock)
    assert await desk.intake._look(frozenset({number})) == frozenset({number})
    desk.intake._cases = desk.cases
    await desk.intake._look(frozenset({number}))
    assert await desk.stored(101) == [True]


async def test_submissions_that_cannot_be_finished_do_not_hide_the_others(desk: Desk) -> None:
    listings = {"key-1": 101, "key-2": 102, "key-3": 103}
    for key, listing in listings.items():
        desk.cases.crashes = 1
        with pytest.raises(Crashed):
            await desk.file(listing, key=key)
    by_number = sorted(listings, key=lambda key: submission_number("acc-1", key))
    broken = {submission_number("acc-1", key) for key in by_number[:2]}

    class Breaks(CutOff):
        async def file(self, commands: Sequence[FileComplaint], cause: Cause) -> Sequence[str]:
            if any(command.submission_id in broken for command in commands):
                raise ValueError("a bug")
            return await super().file(commands, cause)

    async def stored() -> list[bool]:
        return [(await desk.stored(listings[key], key=key))[0] for key in by_number]

    desk.intake._cases = Breaks(desk.cases.repository, desk.cases._book, desk.cases._clock)
    desk.unfinished.most = 2
    seen = frozenset[str]()
    for _ in range(4):  # two looks at the first two, and two at the rest
        seen = await desk.intake._look(seen)
    assert await stored() == [False, False, True]

    broken.clear()
    for _ in range(2):
        seen = await desk.intake._look(seen)
    assert await stored() == [True, True, True]
