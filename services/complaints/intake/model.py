"""A submission: what a person files in one go, and the cases that it makes.

It is written first, with the numbers of its cases; a retry or a sweeper files the cases that a crash left out, for all
numbers derive from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never, get_args

from shared.kernel.decider import Obsolete, Refusal
from shared.kernel.ids import derived_code

BEYOND_LIMIT = "beyond-limit"
REPEATS_ROW = "repeats-row"
DUPLICATE_CASE = "duplicate-case"
_NUMBER_LENGTH = 10  # 50 bits, short enough to be read out


def submission_number(account_id: str, idempotency_key: str) -> str:
    """The same request of the same account has the same number, for ever."""
    return f"IPP-{derived_code(account_id, idempotency_key, length=_NUMBER_LENGTH)}"


def case_number(submission_id: str, position: int) -> str:
    """`position` counts the submission's cases from 1."""
    return f"{submission_id}-{position:03d}"


@dataclass(frozen=True, slots=True)
class Rules:
    """max_listings: distinct listings that are taken of one request (300 by policy)."""

    version: str
    max_listings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as intake judged it: `row` counts from 1; `problem`: the code for which it is refused; `known_case_id`:
    the case that a duplicate repeats, for a filer who may know it; `warnings`: codes that stop nothing."""

    row: int
    listing_id: str | None = None
    problem: str | None = None
    known_case_id: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRow:
    row: int
    case_id: str
    listing_id: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    row: int
    problem: str
    known_case_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """evidence: references into the vault; files: ids of uploaded evidence; statements: codes of what the filer said;
    cases: the rows that make a case; refused: all other rows; completed: corrected, as rows turned out to repeat
    another's case after all."""

    id: str
    account_id: str
    principal_id: str | None
    filed_by: str
    platform: str
    complaint_type: str
    right_id: str
    right_fingerprint: str
    reason: str
    evidence: tuple[str, ...]
    statements: tuple[str, ...]
    filed_at: datetime
    policy_version: str
    cases: tuple[AcceptedRow, ...]
    refused: tuple[RefusedRow, ...]
    files: tuple[str, ...] = ()
    completed: bool = False

    @property
    def case_ids(self) -> tuple[str, ...]:
        return tuple(row.case_id for row in self.cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSubmission:
    """Everything that concerns the whole request was checked; each row is judged by itself."""

    submission_id: str
    account_id: str
    principal_id: str | None = None
    by: str
    platform: str
    complaint_type: str
    right_id: str
    right_fingerprint: str
    reason: str
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteSubmission:
    """All cases are stored but for `refused`: rows that turned out to repeat a case filed meanwhile. Where there are
    none, nothing needs saying."""

    refused: tuple[RefusedRow, ...] = ()


Command = StartSubmission | CompleteSubmission


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionStarted:
    at: datetime
    by: str
    policy_version: str
    submission_id: str
    account_id: str
    principal_id: str | None
    platform: str
    complaint_type: str
    right_id: str
    right_fingerprint: str
    reason: str
    evidence: tuple[str, ...]
    statements: tuple[str, ...]
    cases: tuple[AcceptedRow, ...]
    refused: tuple[RefusedRow, ...]
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionCompleted:
    at: datetime
    by: str
    policy_version: str
    refused: tuple[RefusedRow, ...] = ()


Event = SubmissionStarted | SubmissionCompleted
EVENTS: tuple[type[Event], ...] = get_args(Event)


def decide(submission: Submission | None, command: Command, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """What the command does; raises Refusal or Obsolete and nothing else."""
    match command:
        case StartSubmission():
            return _start(submission, command, now, rules)
        case CompleteSubmission():
            return _complete(submission, command, now, rules)
        case _:
            assert_never(command)


def _start(submission: Submission | None, command: StartSubmission, now: datetime, rules: Rules) -> tuple[Event, ...]:
    if submission is not None:
        raise Obsolete("already-started", "this submission was taken already")
    if not command.rows:
        raise Refusal("no-listings", "a submission names at least one listing", "add exact links to listings")
    cases, refused = _judge(command.submission_id, command.rows, rules)
    return (
        SubmissionStarted(
            at=now,
            by=command.by,
            policy_version=rules.version,
            submission_id=command.submission_id,
            account_id=command.account_id,
            principal_id=command.principal_id,
            platform=command.platform,
            complaint_type=command.complaint_type,
            right_id=command.right_id,
            right_fingerprint=command.right_fingerprint,
            reason=command.reason,
            evidence=tuple(command.evidence),
            files=tuple(command.files),
            statements=tuple(command.statements),
            cases=cases,
            refused=refused,
        ),
    )


def _complete(
    submission: Submission | None, command: CompleteSubmission, now: datetime, rules: Rules
) -> tuple[Event, ...]:
    if submission is None:
        raise Refusal("no-such-submission", "there is no submission of this number", "check the number")
    if submission.completed:
        raise Obsolete("already-completed", "this submission is complete")
    if not command.refused:
        raise Obsolete("nothing-to-correct", "all rows became cases as they were told")
    if not {refused.row for refused in command.refused} <= {case.row for case in submission.cases}:
        raise Refusal("no-such-row", "a row that made no case cannot be refused again")
    return (SubmissionCompleted(at=now, by="intake", policy_version=rules.version, refused=tuple(command.refused)),)


def evolve(submission: Submission | None, event: Event) -> Submission:
    """The submission after the event."""
    if isinstance(event, SubmissionStarted):
        return Submission(
            id=event.submission_id,
            account_id=event.account_id,
            principal_id=event.principal_id,
            filed_by=event.by,
            platform=event.platform,
            complaint_type=event.complaint_type,
            right_id=event.right_id,
            right_fingerprint=event.right_fingerprint,
            reason=event.reason,
            evidence=event.evidence,
            files=event.files,
            statements=event.statements,
            filed_at=event.at,
            policy_version=event.policy_version,
            cases=event.cases,
            refused=event.refused,
        )
    if submission is None:
        raise ValueError("a submission starts before it is completed")
    gone = {refused.row for refused in event.refused}
    return replace(
        submission,
        cases=tuple(case for case in submission.cases if case.row not in gone),
        refused=tuple(sorted((*submission.refused, *event.refused), key=lambda refused: refused.row)),
        completed=True,
    )


def _judge(
    submission_id: str, rows: Iterable[Row], rules: Rules
) -> tuple[tuple[AcceptedRow, ...], tuple[RefusedRow, ...]]:
    """One bad row never rejects the others. The first good rows are taken up to the limit, the rest refused row by row;
    a bad row and a listing that is repeated do not count, and a listing makes one case only."""
    cases: list[AcceptedRow] = []
    refused: list[RefusedRow] = []
    by_listing: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row.row):
        if row.listing_id is not None and row.listing_id in by_listing:
            refused.append(RefusedRow(row=row.row, problem=REPEATS_ROW, known_case_id=by_listing[row.listing_id]))
            continue
        if row.listing_id is None or row.problem is not None:
            problem = row.problem or "no-listing"
            refused.append(RefusedRow(row=row.row, problem=problem, known_case_id=row.known_case_id))
        elif len(cases) == rules.max_listings:
            refused.append(RefusedRow(row=row.row, problem=BEYOND_LIMIT))
        else:
            case_id = case_number(submission_id, len(cases) + 1)
            by_listing[row.listing_id] = case_id
            cases.append(
                AcceptedRow(row=row.row, case_id=case_id, listing_id=row.listing_id, warnings=tuple(row.warnings))
            )
    return tuple(cases), tuple(refused)
