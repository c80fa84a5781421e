"""What complaints keeps sealed, and since when the periods of its rules run (DOMAIN, Accounts 9)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from services.complaints.bulk.model import BulkImport
from services.complaints.bulk.model import Event as BulkEvent
from services.complaints.cases.model import Case
from services.complaints.cases.model import Event as CaseEvent
from services.complaints.evidence.model import Event as FileEvent
from services.complaints.evidence.model import EvidenceFile
from services.complaints.intake.model import Event, Submission
from shared.eventstore import RecordedEvent, Repository
from shared.kernel.clock import EPOCH
from shared.retention import Judge, Judges, Standing, references
from shared.vault import Kept

COUNTS_FROM = frozenset({"case-ended", "cases-ended", "bulk-finished"})
"""The codes that the rules of complaints may count from: the last step of a case, or of the last of a submission's
cases, once nothing more is to come of them; and when the last row of a file was filed."""

_READ_AT_ONCE = 20

CaseHistory = Sequence[RecordedEvent[CaseEvent]]


def ended_for_good(case: Case) -> bool:
    """Nothing is open, and no listing waits for its reinstatement. A later step all the same, as the withdrawal of a
    closed complaint while its removal stands, lets the period begin anew."""
    return not case.is_open and case.reinstatement != "due"


def standing_in_case(case: Case, history: CaseHistory, kept: Kept) -> Standing:
    """Of a text of the merchant's or the owner's: a hold on the complainant's account keeps both."""
    used = any(kept.ref in references(entry.event) for entry in history)
    begun = {"case-ended": history[-1].at} if ended_for_good(case) else {}
    return Standing(case.account_id, begun, used, case.id)


def standing_in_submission(submission: Submission, last_step: datetime | None, kept: Kept) -> Standing:
    """last_step: of all its cases, None while one is open."""
    begun = {} if last_step is None else {"cases-ended": max(last_step, submission.filed_at)}
    return Standing(submission.account_id, begun, kept.ref in submission.evidence, submission.id)


class CaseJudge:
    def __init__(self, cases: Repository[Case, CaseEvent]) -> None:
        self._cases = cases

    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        ids = [each.place.split("/")[1] for each in kept]
        loaded = dict(zip(ids, await asyncio.gather(*map(self._cases.load, ids)), strict=True))
        histories = await histories_of(self._cases, sorted(case_id for case_id, case in loaded.items() if case))
        standings = []
        for case_id, each in zip(ids, kept, strict=True):
            case = loaded[case_id]
            standings.append(
                standing_in_case(case.state, histories[case_id], each) if case else Standing(used=False, about=case_id)
            )
        return standings


class SubmissionJudge:
    def __init__(self, submissions: Repository[Submission, Event], cases: Repository[Case, CaseEvent]) -> None:
        self._submissions = submissions
        self._cases = cases

    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        return [await self._of(each) for each in kept]

    async def _of(self, kept: Kept) -> Standing:
        number = kept.place.split("/")[1]
        loaded = await self._submissions.load(number)
        if loaded is None:
            return Standing(kept.subject, used=False, about=number)
        submission = loaded.state
        last = await last_step(self._cases, submission.case_ids)
        return standing_in_submission(submission, last, kept)


class FileJudge:
    """Files of evidence. Those that nothing uses are forgotten by the policy's own period (see `evidence`)."""

    def __init__(
        self,
        files: Repository[EvidenceFile, FileEvent],
        submissions: Repository[Submission, Event],
        cases: Repository[Case, CaseEvent],
    ) -> None:
        self._files = files
        self._submissions = submissions
        self._cases = cases

    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        return [await self._of(each) for each in kept]

    async def _of(self, kept: Kept) -> Standing:
        loaded = await self._files.load(kept.place.split("/")[1])
        if loaded is None:
            return Standing(used=False)
        file = loaded.state
        if file.status != "attached" or file.use is None:
            return Standing(about=file.id)
        if file.use.kind == "submission":
            submission = await self._submissions.load(file.use.id)
            return await self._of_submission(submission.state) if submission else Standing(about=file.use.id)
        case = await self._cases.load(file.use.id)
        if case is None:
            return Standing(about=file.use.id)
        last = await last_step(self._cases, (case.id,))
        return Standing(case.state.account_id, {"case-ended": last} if last else {}, about=case.id)

    async def _of_submission(self, submission: Submission) -> Standing:
        last = await last_step(self._cases, submission.case_ids)
        begun = {"case-ended": max(last, submission.filed_at)} if last else {}
        return Standing(submission.account_id, begun, about=submission.id)


class BulkJudge:
    """Rows of files of complaints: they go as soon as they are filed, and what a crash left soon afterwards."""

    def __init__(self, imports: Repository[BulkImport, BulkEvent]) -> None:
        self._imports = imports

    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        ids = [each.place.split("/")[1] for each in kept]
        loaded = await asyncio.gather(*map(self._imports.load, ids))
        return [
            standing_in_import(found.state, each) if found else Standing(each.subject, used=False)
            for each, found in zip(kept, loaded, strict=True)
        ]


def standing_in_import(found: BulkImport, kept: Kept) -> Standing:
    begun = {"bulk-finished": found.finished_at} if found.finished_at else {}
    return Standing(found.account_id, begun, kept.ref in references(found), found.id)


async def last_step(cases: Repository[Case, CaseEvent], ids: Sequence[str]) -> datetime | None:
    """Of all of them, once they are over; None while one is open, or not filed yet. The beginning of time for none."""
    loaded = await asyncio.gather(*map(cases.load, ids))
    if not all(each is not None and ended_for_good(each.state) for each in loaded):
        return None
    histories = await histories_of(cases, ids)
    return max((history[-1].at for history in histories.values()), default=EPOCH)


async def histories_of(cases: Repository[Case, CaseEvent], ids: Sequence[str]) -> Mapping[str, CaseHistory]:
    found: dict[str, CaseHistory] = {}
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = ids[start : start + _READ_AT_ONCE]
        found.update(zip(some, await asyncio.gather(*map(cases.history, some)), strict=True))
    return found


def judges(
    files: Repository[EvidenceFile, FileEvent],
    imports: Repository[BulkImport, BulkEvent],
    submissions: Repository[Submission, Event],
    cases: Repository[Case, CaseEvent],
) -> Judges:
    of_case: Judge = CaseJudge(cases)
    return {
        "*:evidence/*": FileJudge(files, submissions, cases),
        "*:bulk/*": BulkJudge(imports),
        "*:submission/*/evidence": SubmissionJudge(submissions, cases),
        **dict.fromkeys(("*:case/*/counter", "*:case/*/dispute", "*:case/*/supplement"), of_case),
    }
