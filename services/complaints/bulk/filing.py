"""A batch of rows becomes submissions: rows that say the same but for the listing are filed together."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from services.complaints.bulk.reading import Line
from services.complaints.bulk.rows import BadRow, ComplaintRow
from services.complaints.bulk.store import Outcome
from services.complaints.intake.checks import Notice
from services.complaints.intake.commands import Intake
from services.complaints.intake.findings import Finding, NotQualified, NotYetKnown
from services.complaints.intake.model import BEYOND_LIMIT, Submission
from shared.eventstore import Answer, Cause, Receipt
from shared.kernel.clock import Clock
from shared.kernel.failures import Transient
from shared.policies.terms import PolicyBook

_AT_ONCE = 16
"""Submissions of one file that are filed side by side [ours]: others have their turn too."""


class StillUnknown(Transient):
    """A right or the account may be a moment behind: the batch is tried again before it is told so."""


@dataclass(frozen=True)
class Filed:
    outcomes: Sequence[Outcome]
    by_right: Mapping[str, int]


class BatchFiling:
    def __init__(self, intake: Intake, policy: PolicyBook, clock: Clock) -> None:
        self._intake = intake
        self._policy = policy
        self._clock = clock

    async def file(
        self, name: str, account_id: str, rows: Sequence[Line], filed: Mapping[str, int], *, patient: bool
    ) -> Filed:
        """name: of the batch, for the submissions' keys: a repeat meets the submissions of the first time. filed: how
        many listings were taken by right before, of the same file. patient: raises StillUnknown where something is not
        known yet, rather than to tell it as the outcome."""
        outcomes = [_unreadable(row) for row in rows if isinstance(row, BadRow)]
        groups: dict[tuple[object, ...], list[ComplaintRow]] = {}
        for row in rows:
            if isinstance(row, ComplaintRow):
                groups.setdefault(_sameness(row), []).append(row)
        by_right: dict[str, list[tuple[int, list[ComplaintRow]]]] = {}
        for number, group in enumerate(groups.values()):
            by_right.setdefault(group[0].right_id, []).append((number, group))
        turn, taken = asyncio.Semaphore(_AT_ONCE), Counter(filed)

        async def of_right(right_id: str) -> None:
            """One after the other: what a right may still have is what the one before it left."""
            for number, group in by_right[right_id]:
                async with turn:
                    told = await self._file(f"{name}/{number}", account_id, group, taken[right_id], patient)
                taken[right_id] += sum(1 for each in told if each.case_id)
                outcomes.extend(told)

        await asyncio.gather(*(of_right(right_id) for right_id in by_right))
        before = Counter(filed)
        new = {right_id: taken[right_id] - before[right_id] for right_id in by_right if taken[right_id]}
        return Filed(sorted(outcomes, key=lambda each: each.line), new)

    async def _file(
        self, key: str, account_id: str, rows: Sequence[ComplaintRow], taken: int, patient: bool
    ) -> Sequence[Outcome]:
        first, most = rows[0], self._policy.at(self._clock.now()).complaints.max_listings_per_submission - taken
        if most <= 0:
            return [_problem(row, BEYOND_LIMIT, "url") for row in rows]
        notice = Notice(
            platform=first.platform,
            complaint_type=first.complaint_type,
            reason=first.reason,
            listings=tuple((row.url, row.where) for row in rows),
            has_evidence=bool(first.evidence or first.files),
            statements=frozenset(first.statements),
            files=first.files,
            most=most,
        )
        receipt = Receipt(key, "", _nothing)
        try:
            done = await self._intake.file(
                account_id, notice, first.right_id, first.evidence, Cause(account_id, key), receipt
            )
        except NotYetKnown as unknown:
            if patient:
                raise StillUnknown(unknown.code) from unknown
            code = "account-not-known" if unknown.code.startswith("account") else "right-not-known"
            return [_problem(row, code, "right_id") for row in rows]
        except NotQualified as refused:
            return _refused(rows, refused.problems)
        return _filed(rows, done.state)


def _sameness(row: ComplaintRow) -> tuple[object, ...]:
    return (row.platform, row.complaint_type, row.right_id, row.reason, row.evidence, row.files, row.statements)


def _problem(row: ComplaintRow, code: str, column: str) -> Outcome:
    return Outcome(line=row.line, reference=row.reference, problems=((code, column),))


def _unreadable(row: BadRow) -> Outcome:
    return Outcome(line=row.line, problems=tuple((each.code, each.column) for each in row.problems))


def _refused(rows: Sequence[ComplaintRow], findings: Sequence[Finding]) -> Sequence[Outcome]:
    """What concerns the whole concerns every row; where every listing is refused, each has a finding of its own."""
    found = []
    for position, row in enumerate(rows):
        own = [each for each in findings if _position(each) in (None, position)]
        problems = tuple(dict.fromkeys((each.code, _column(each)) for each in own))
        known = next((each.known_case_id for each in own if each.known_case_id), None)
        found.append(Outcome(line=row.line, reference=row.reference, problems=problems, known_case_id=known))
    return found


def _position(finding: Finding) -> int | None:
    """Which listing it is about; None: all."""
    parts = finding.pointer.split("/")
    return int(parts[2]) if len(parts) > 2 and parts[1] == "listings" else None


def _column(finding: Finding) -> str:
    name = finding.pointer.strip("/").partition("/")[0]
    return "url" if name == "listings" else name


def _filed(rows: Sequence[ComplaintRow], submission: Submission) -> Sequence[Outcome]:
    outcomes = [
        Outcome(
            line=rows[case.row - 1].line,
            reference=rows[case.row - 1].reference,
            case_id=case.case_id,
            listing_id=case.listing_id,
        )
        for case in submission.cases
    ]
    for refused in submission.refused:
        row = rows[refused.row - 1]
        outcomes.append(
            Outcome(
                line=row.line,
                reference=row.reference,
                problems=((refused.problem, "url"),),
                known_case_id=refused.known_case_id,
            )
        )
    return outcomes


def _nothing(_: Submission) -> Answer:
    """Nobody waits for an answer of its own: the report says what became of each row."""
    return Answer(200, orjson.dumps(None))
