"""Since when the periods of identity and complaints run, from the events of an account and of a case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import pytest

from services.complaints.bulk import model as bulk
from services.complaints.cases import model as case_model
from services.complaints.cases.store import CASES
from services.complaints.evidence import model as evidence
from services.complaints.evidence.store import EVIDENCE
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.retention import (
    CaseJudge,
    FileJudge,
    SubmissionJudge,
    last_step,
    standing_in_case,
    standing_in_import,
    standing_in_submission,
)
from services.identity.accounts import model as accounts
from services.identity.retention import standing_in
from shared.eventstore import Cause, RecordedEvent, Repository
from shared.kernel.clock import EPOCH, SteppedClock
from shared.retention import Standing
from shared.vault import Kept
from tests.support.case_story import CASE_ID, FILE, MERCHANT, OWNER, RULES, Story, counter, lapse, shanghai
from tests.support.memory_store import MemoryAggregateStore
from tests.unit.complaints.intake.test_submission import listing, started
from tests.unit.identity.test_deciders import REGISTERED, SUBMITTED

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ACCOUNT = REGISTERED.account_id
E = TypeVar("E")
AGAIN = replace(SUBMITTED, details_ref="vlt-details-2", document_ref="vlt-image-2")
VERIFIED = accounts.AccountVerified(1, "staff-1")
FAILED = accounts.VerificationFailed(1, "staff-1", ("image-unclear",))
CLOSED = accounts.StandingChanged("closed", "user-request", False, "staff-1")


def recorded(*events: tuple[int, E]) -> list[RecordedEvent[E]]:
    """Each on a day after Monday."""
    return [
        RecordedEvent(n, MONDAY + day * DAY, event, Cause("test"), "0")
        for n, (day, event) in enumerate(events, start=1)
    ]


def account(ref: str, *events: tuple[int, accounts.Event]) -> Standing:
    return standing_in(ACCOUNT, recorded((0, REGISTERED), *events), Kept(ref, ACCOUNT, "not/asked"))


def days(standing: Standing) -> dict[str, int]:
    return {code: (since - MONDAY).days for code, since in standing.begun.items()}


@pytest.mark.parametrize(
    ("ref", "events", "expected"),
    [
        ("vlt-email", [], {"written": 0}),
        ("vlt-email", [(4, CLOSED)], {"written": 0, "account-closed": 4}),
        ("vlt-code", [(2, accounts.EmailCodeRenewed("vlt-code-2"))], {"written": 0, "superseded": 2}),
        ("vlt-code-2", [(2, accounts.EmailCodeRenewed("vlt-code-2"))], {"written": 2}),
        ("vlt-image", [(1, SUBMITTED)], {"written": 1}),
        ("vlt-image", [(1, SUBMITTED), (2, VERIFIED)], {"written": 1, "verified": 2}),
        ("vlt-image", [(1, SUBMITTED), (2, FAILED)], {"written": 1, "verification-failed": 2}),
        ("vlt-image", [(1, SUBMITTED), (2, FAILED), (3, AGAIN)], {"written": 1, "superseded": 3}),
        ("vlt-image-2", [(1, SUBMITTED), (2, FAILED), (3, AGAIN)], {"written": 3}),
        ("vlt-image-2", [(1, SUBMITTED), (2, FAILED), (3, AGAIN), (9, VERIFIED)], {"written": 3, "verified": 9}),
        (
            "vlt-details",
            [(1, SUBMITTED), (2, VERIFIED), (5, CLOSED)],
            {"written": 1, "verified": 2, "account-closed": 5},
        ),
        (
            "vlt-c1",
            [(1, accounts.ContactChanged("disclosed", "vlt-c1")), (6, accounts.ContactChanged("disclosed", "vlt-c2"))],
            {"written": 1, "superseded": 6},
        ),
        (
            "vlt-c1",
            [(1, accounts.ContactChanged("disclosed", "vlt-c1")), (6, accounts.ContactChanged("platform", "vlt-c2"))],
            {"written": 1},
        ),
    ],
)
def test_what_runs_for_an_account(ref: str, events: list[tuple[int, accounts.Event]], expected: dict[str, int]) -> None:
    standing = account(ref, *events)
    assert standing.used
    assert days(standing) == expected
    assert standing.account == ACCOUNT


def test_what_an_account_never_named_is_unused() -> None:
    assert not account("vlt-other").used
    assert not standing_in("acc-intl-NONE", [], Kept("vlt-email", "acc-intl-NONE", "account/email")).used


def told(story: Story) -> list[RecordedEvent[case_model.Event]]:
    return [
        RecordedEvent(number, event.at, event, Cause("test"), "0") for number, event in enumerate(story.told, start=1)
    ]


def of_case(story: Story, ref: str) -> Standing:
    kept = Kept(ref, MERCHANT, f"taobao:case/{CASE_ID}/counter")
    return standing_in_case(story.known, told(story), kept)


def test_a_case_counts_from_its_last_step_once_nothing_more_is_to_come() -> None:
    sealed = replace(counter("2026-03-03 10:00"), statement="vlt-counter")
    story = Story().taken_down(served="2026-03-02 10:00")
    story.then(sealed, at="2026-03-03 10:00")
    assert of_case(story, "vlt-counter") == Standing(OWNER, {}, True, CASE_ID)
    story.then(
        case_model.AcceptCounterNotification(by=OWNER, received_at=shanghai("2026-03-04 10:00")), "2026-03-04 10:00"
    )
    assert of_case(story, "vlt-counter").begun == {"case-ended": shanghai("2026-03-04 10:00")}
    assert not of_case(story, "vlt-other").used


def test_a_listing_that_waits_for_its_reinstatement_keeps_the_case_and_a_later_step_begins_anew() -> None:
    story = Story().taken_down(served="2026-03-02 10:00")
    story.then(lapse(story.known.deadlines[0].id), at="2026-03-06 00:02")
    assert story.state == "closed"
    assert of_case(story, "vlt-x").begun == {"case-ended": shanghai("2026-03-06 00:02")}
    story.then(case_model.Withdraw(by=OWNER, reason="settled"), at="2027-05-03 10:00")
    assert of_case(story, "vlt-x").begun == {"case-ended": shanghai("2027-05-03 10:00")}
    story.then(case_model.RecordReinstatementDue(held_by_others=False), at="2027-05-03 10:01")
    assert of_case(story, "vlt-x").begun == {}
    story.then(case_model.RecordReinstated(), at="2027-05-03 11:00")
    assert of_case(story, "vlt-x").begun == {"case-ended": shanghai("2027-05-03 11:00")}


def test_evidence_counts_from_the_last_step_of_the_last_case() -> None:
    submission = replace(started(listing(1, 11), listing(2, 12)), evidence=("vlt-e",), filed_at=MONDAY)
    kept = Kept("vlt-e", "acc-1", f"taobao:submission/{submission.id}/evidence")
    assert standing_in_submission(submission, None, kept) == Standing("acc-1", {}, True, submission.id)
    assert standing_in_submission(submission, MONDAY + 9 * DAY, kept).begun == {"cases-ended": MONDAY + 9 * DAY}
    assert standing_in_submission(submission, EPOCH, kept).begun == {"cases-ended": MONDAY}  # it has no cases
    assert not standing_in_submission(submission, None, replace(kept, ref="vlt-f")).used


class Cases:
    """Complaints in memory: cases of one submission, and files."""

    def __init__(self) -> None:
        self.clock = SteppedClock(MONDAY)
        self.cases = Repository(CASES, MemoryAggregateStore(CASES.indexes), self.clock, "complaints")
        self.submissions = Repository(SUBMISSIONS, MemoryAggregateStore(SUBMISSIONS.indexes), self.clock, "complaints")
        self.files = Repository(EVIDENCE, MemoryAggregateStore(EVIDENCE.indexes), self.clock, "complaints")

    async def on(self, day: int, command: case_model.Command, case_id: str = CASE_ID) -> None:
        now = MONDAY + day * DAY
        self.clock.move_to(now)
        await self.cases.execute(case_id, lambda case: case_model.decide(case, command, now, RULES), Cause("test"))

    async def file(self, *commands: evidence.Command) -> None:
        rules = evidence.Rules("2026-01", DAY, 10)
        for command in commands:
            await self.files.execute("evf-1", partial(self._decided, command, rules), Cause("test"))

    def _decided(
        self, command: evidence.Command, rules: evidence.Rules, file: evidence.EvidenceFile | None
    ) -> tuple[evidence.Event, ...]:
        return evidence.decide(file, command, self.clock.now(), rules)

    async def of_file(self) -> Standing:
        judge = FileJudge(self.files, self.submissions, self.cases)
        [standing] = await judge([Kept("vlt-f", OWNER, "taobao:evidence/evf-1")])
        return standing


BEGIN = evidence.BeginEvidence(
    file_id="evf-1",
    party=OWNER,
    platform="taobao",
    kind="pdf",
    media_type="application/pdf",
    size=9,
    sha256="00",
    scan="clean",
    holds_location=False,
)


async def test_evidence_waits_for_the_last_of_all_cases() -> None:
    scene = Cases()
    second = f"{CASE_ID[:-1]}2"
    both = (CASE_ID, second)
    assert await last_step(scene.cases, both) is None  # not filed yet
    await scene.on(0, FILE)
    await scene.on(0, replace(FILE, case_id=second, listing_id="taobao:item:2"), second)
    withdraw = case_model.Withdraw(by=OWNER, reason="settled")
    await scene.on(3, withdraw)
    assert await last_step(scene.cases, both) is None
    await scene.on(9, withdraw, second)
    assert await last_step(scene.cases, both) == MONDAY + 9 * DAY
    assert await last_step(scene.cases, ()) == EPOCH


async def test_a_file_counts_with_what_uses_it_and_not_before() -> None:
    scene = Cases()
    assert not (await scene.of_file()).used
    await scene.on(0, FILE)
    use = evidence.Use(kind="case", id=CASE_ID)
    claim = evidence.ClaimEvidence(claim=evidence.Claim(party=OWNER, platform="taobao", case_id=CASE_ID, use=use))
    await scene.file(BEGIN, evidence.KeepEvidence(ref="vlt-f"), claim)
    assert await scene.of_file() == Standing(about="evf-1")
    await scene.file(evidence.AttachEvidence(use=use))
    assert await scene.of_file() == Standing(OWNER, {}, True, CASE_ID)
    await scene.on(4, case_model.Withdraw(by=OWNER, reason="settled"))
    assert await scene.of_file() == Standing(OWNER, {"case-ended": MONDAY + 4 * DAY}, True, CASE_ID)


async def test_what_is_sealed_for_a_case_or_submission_that_is_not_there_is_unused() -> None:
    clock = SteppedClock(MONDAY)
    cases = Repository(CASES, MemoryAggregateStore(CASES.indexes), clock, "complaints")
    submissions = Repository(SUBMISSIONS, MemoryAggregateStore(SUBMISSIONS.indexes), clock, "complaints")
    [standing] = await CaseJudge(cases)([Kept("vlt-1", MERCHANT, f"taobao:case/{CASE_ID}/counter")])
    assert not standing.used
    judge = SubmissionJudge(submissions, cases)
    [standing] = await judge([Kept("vlt-1", OWNER, "taobao:submission/IPP-7K2M9QX4TD/evidence")])
    assert (standing.used, standing.account) == (False, OWNER)
    await cases.create(CASE_ID, case_model.decide(None, FILE, MONDAY, Story().rules), Cause("test"))
    [standing] = await CaseJudge(cases)([Kept("vlt-1", OWNER, f"taobao:case/{CASE_ID}/supplement")])
    assert (standing.used, standing.account, standing.begun) == (False, OWNER, {})


def test_rows_of_a_file_count_from_when_all_of_it_is_filed() -> None:
    piece = bulk.Piece(platform="taobao", ref="vlt-row")
    taken = bulk.BulkTaken(
        at=MONDAY,
        import_id="blk-1",
        account_id=OWNER,
        format="csv",
        sha256="00",
        rows=1,
        unreadable=0,
        batches=(bulk.Batch(first_line=2, last_line=2, rows=1, pieces=(piece,)),),
        policy_version="2026-01",
    )
    under_way = bulk.evolve(None, taken)
    kept = Kept("vlt-row", OWNER, "taobao:bulk/blk-1/1")
    assert standing_in_import(under_way, kept) == Standing(OWNER, {}, True, "blk-1")
    finished = bulk.evolve(under_way, bulk.BulkFinished(at=MONDAY + 2 * DAY, cases=1, refused=0))
    assert standing_in_import(finished, kept).begun == {"bulk-finished": MONDAY + 2 * DAY}
    assert not standing_in_import(finished, replace(kept, ref="vlt-other")).used
