"""What complaints keeps sealed, and since when the periods of its rules run (DOMAIN, Accounts 9)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from services.complaints.cases.model import Case
from services.complaints.cases.model import Event as CaseEvent
from services.complaints.intake.model import Event, Submission
from shared.eventstore import RecordedEvent, Repository
from shared.retention import Judge, Judges, Standing, references
from shared.vault import Kept

COUNTS_FROM = frozenset({"case-ended", "cases-ended"})
"""The codes that the rules of complaints may count from: the last step of a case, or of the last of a submission's
cases, once nothing more is to come of them."""

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


def standing_in_submission(
    submission: Submission, cases: Sequence[Case | None], last_steps: Sequence[datetime], kept: Kept
) -> Standing:
    """cases: None for one that is not filed yet; last_steps: of all of them, where all are over."""
    used = kept.ref in submission.evidence
    over = all(case is not None and ended_for_good(case) for case in cases)
    begun = {"cases-ended": max((*last_steps, submission.filed_at))} if over else {}
    return Standing(submission.account_id, begun, used, submission.id)


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
        found = await asyncio.gather(*map(self._cases.load, submission.case_ids))
        cases = [case.state if case else None for case in found]
        ended = [case.id for case in cases if case is not None and ended_for_good(case)]
        # Histories are read only where the last step counts.
        histories = await histories_of(self._cases, ended) if len(ended) == sum(c is not None for c in cases) else {}
        return standing_in_submission(submission, cases, [history[-1].at for history in histories.values()], kept)


async def histories_of(cases: Repository[Case, CaseEvent], ids: Sequence[str]) -> Mapping[str, CaseHistory]:
    found: dict[str, CaseHistory] = {}
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = ids[start : start + _READ_AT_ONCE]
        found.update(zip(some, await asyncio.gather(*map(cases.history, some)), strict=True))
    return found


def judges(submissions: Repository[Submission, Event], cases: Repository[Case, CaseEvent]) -> Judges:
    of_case: Judge = CaseJudge(cases)
    return {
        "*:submission/*/evidence": SubmissionJudge(submissions, cases),
        **dict.fromkeys(("*:case/*/counter", "*:case/*/dispute", "*:case/*/supplement"), of_case),
    }
