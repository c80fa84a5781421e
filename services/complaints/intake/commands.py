"""Filing: the submission is written first, with its cases' numbers and its answer, then its cases in bulk.

A crash in between loses nothing: a retry with the same key, or the sweeper, files the cases that are not there yet.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import FileComplaint
from services.complaints.evidence.commands import EvidenceFiles, FileProblem, FilesNotUsable
from services.complaints.evidence.model import Claim, Use
from services.complaints.intake import model as m
from services.complaints.intake.addresses import recognize
from services.complaints.intake.checks import Notice, RightFacts, check_notice, judge_rows, listing_ids
from services.complaints.intake.findings import Finding, NotQualified, NotYetKnown, row_text
from services.complaints.intake.replicas import AccountReplica, Facts, RightReplica, account_facts, right_facts
from services.complaints.intake.unfinished import Unfinished
from services.complaints.places import of_submission
from services.complaints.records.queries import CaseQueries, Holder
from shared.eventstore import Cause, Executed, Receipt, Repository
from shared.eventstore.group_commit import Coalescer
from shared.kernel.clock import Clock
from shared.kernel.failures import Transient
from shared.policies.policy import Policy
from shared.policies.terms import PolicyBook
from shared.vault import SubjectVault

SWEEP_EVERY_SECONDS = 5.0
DRY_RUN = "dry-run"
"""In the place of a submission's number where none is made."""

log = structlog.get_logger()


class Intake:
    """What is filed from accounts."""

    def __init__(
        self,
        submissions: Repository[m.Submission, m.Event],
        cases: Cases,
        queries: CaseQueries,
        accounts: AccountReplica,
        rights: RightReplica,
        vault: SubjectVault,
        book: PolicyBook,
        clock: Clock,
        unfinished: Unfinished,
        files: EvidenceFiles,
    ) -> None:
        self.submissions = submissions
        self._cases = cases
        self._holders: Coalescer[str, Holder | None] = Coalescer(queries.holders)
        self._accounts = accounts
        self._rights = rights
        self._vault = vault
        self._book = book
        self._clock = clock
        self._unfinished = unfinished
        self._files = files
        self._looked_up_to = ""

    async def file(
        self,
        account_id: str,
        notice: Notice,
        right_id: str,
        evidence: str,
        cause: Cause,
        receipt: Receipt[m.Submission],
    ) -> Executed[m.Submission, m.Event]:
        """The submission, all its cases stored, with the answer that a retry is given again. Raises NotQualified,
        NotYetKnown, KeyReused, or NotFound of the right as a finding."""
        number = m.submission_number(account_id, receipt.key)
        # All that can be asked now is asked at once: each round to the store costs every request its time.
        known, account, right = await asyncio.gather(
            self.submissions.begin_look(number), self._accounts.begin_get(account_id), self._rights.begin_get(right_id)
        )
        if known is None:
            try:
                unusable = await self._unusable(number, account_id, notice)
                facts = self._checked(account_id, notice, right_id, account, right, unusable)
                started = await self._start(number, account_id, notice, facts, evidence, cause, receipt)
            except NotQualified:
                # The same request, sent twice at once, finds its own cases as duplicates: they come after it.
                if await self.submissions.recall(number, receipt) is None:
                    raise
                started = None
            if started is not None:
                return await self._finish(started, cause, receipt)
        return await self._again(number, cause, receipt)

    async def _again(
        self, number: str, cause: Cause, receipt: Receipt[m.Submission]
    ) -> Executed[m.Submission, m.Event]:
        """A retry: the first request may have ended before its cases were there, or be under way."""
        told = await self.submissions.recall(number, receipt)
        if told is None:
            raise LookupError(f"submission {number} does not know the key that its number is made of")
        return await self._finish(told, cause, receipt)

    async def _start(
        self,
        number: str,
        account_id: str,
        notice: Notice,
        right: RightFacts,
        evidence: str,
        cause: Cause,
        receipt: Receipt[m.Submission],
    ) -> Executed[m.Submission, m.Event] | None:
        """None where it was started already."""
        now = self._clock.now()
        policy = self._book.at(now)
        rows = await self._judged(account_id, notice, right, policy)
        sealed = await self._sealed(number, account_id, notice.platform, evidence, receipt)
        await self._claimed(number, account_id, notice, cause)
        command = _start_command(number, account_id, notice, right, rows, sealed)
        events = m.decide(None, command, now, self._rules(policy, notice.most))
        started = await self.submissions.create(number, events, cause, receipt)
        await self._files.attach(notice.files, _use(number), cause)
        return started

    async def dry_run(self, account_id: str, notice: Notice, right_id: str) -> m.Submission:
        """What filing this now would come to: the same checks, and nothing is written. Its numbers are nobody's.
        Raises what `file` raises."""
        account, right = await asyncio.gather(self._accounts.begin_get(account_id), self._rights.begin_get(right_id))
        unusable = await self._unusable(DRY_RUN, account_id, notice)
        facts = self._checked(account_id, notice, right_id, account, right, unusable)
        now = self._clock.now()
        policy = self._book.at(now)
        rows = await self._judged(account_id, notice, facts, policy)
        command = _start_command(DRY_RUN, account_id, notice, facts, rows, ())
        [started] = m.decide(None, command, now, self._rules(policy, notice.most))
        return m.evolve(None, started)

    async def _judged(self, account_id: str, notice: Notice, right: RightFacts, policy: Policy) -> tuple[m.Row, ...]:
        """Each row by itself. Raises NotQualified where no row can become a case."""
        await look_at(notice.platform, [url for url, _ in notice.listings])
        rows = judge_rows(notice, right, policy, await self._taken(account_id, notice, right))
        if all(row.problem for row in rows):
            raise NotQualified([_of_row(row, notice) for row in rows])
        return rows

    async def _sealed(
        self, number: str, account_id: str, platform: str, evidence: str, receipt: Receipt[m.Submission]
    ) -> tuple[str, ...]:
        if not evidence.strip():
            return ()
        once = f"{receipt.key}/{receipt.body_hash}"
        return (await self._vault.seal(account_id, of_submission(platform, number), evidence.encode(), once),)

    async def _unusable(self, number: str, account_id: str, notice: Notice) -> Sequence[Finding]:
        if not notice.files:
            return ()
        claim = _claim(number, account_id, notice.platform)
        return [_of_file(problem) for problem in await self._files.examine(notice.files, claim)]

    async def _claimed(self, number: str, account_id: str, notice: Notice, cause: Cause) -> None:
        """Raises NotQualified where a file was used by another request since it was looked at."""
        if not notice.files:
            return
        try:
            await self._files.claim(notice.files, _claim(number, account_id, notice.platform), cause)
        except FilesNotUsable as refusal:
            raise NotQualified([_of_file(problem) for problem in refusal.problems]) from refusal

    def _checked(
        self,
        account_id: str,
        notice: Notice,
        right_id: str,
        account: Facts | None,
        right: Facts | None,
        unusable: Sequence[Finding],
    ) -> RightFacts:
        known = account_facts(account_id, account)
        if known is None:
            raise NotYetKnown("account")
        # Another's right looks like one that does not exist; which it is, does not show in the answer.
        if right is None or right["account_id"] != account_id:
            raise NotYetKnown("right")
        facts, now = right_facts(right_id, right), self._clock.now()
        found = check_notice(notice, known, facts, self._book.at(now), now)
        findings = (*found, *unusable)
        if findings:
            raise NotQualified(findings)
        return facts

    async def _taken(self, account_id: str, notice: Notice, right: RightFacts) -> dict[str, str]:
        """Listings with a case of this right; its number only where it is the filer's own."""
        listings = list(dict.fromkeys(listing_ids(notice)))
        holders = await self._holders.ask_all(f"{right.fingerprint}|{listing_id}" for listing_id in listings)
        return {
            listing_id: holder.case_id if holder.account_id == account_id else ""
            for listing_id, holder in zip(listings, holders, strict=True)
            if holder is not None
        }

    async def _finish(
        self, told: Executed[m.Submission, m.Event], cause: Cause, receipt: Receipt[m.Submission] | None
    ) -> Executed[m.Submission, m.Event]:
        """All cases are stored; where another took a claim meanwhile, the submission and its answer are corrected."""
        if told.state.completed:
            return await self._correct(told.id, (), cause, receipt)
        refused = await self._file_cases(told.state, cause)
        if refused:
            return await self._correct(told.id, refused, cause, receipt)
        self._unfinished.finished(told.id)
        return told

    async def _correct(
        self, number: str, refused: Sequence[m.RefusedRow], cause: Cause, receipt: Receipt[m.Submission] | None
    ) -> Executed[m.Submission, m.Event]:
        rules = self._rules(self._book.at(self._clock.now()))

        def correct(submission: m.Submission | None) -> Sequence[m.Event]:
            if submission is not None and submission.completed:
                return ()
            return m.decide(submission, m.CompleteSubmission(refused=tuple(refused)), self._clock.now(), rules)

        # The key's first answer stays in the history of receipts; this one is given from now on.
        corrected = replace(receipt, key=f"corrected:{receipt.key}") if receipt else None
        return await self.submissions.execute(number, correct, cause, corrected)

    async def _file_cases(self, submission: m.Submission, cause: Cause) -> tuple[m.RefusedRow, ...]:
        """Cases that are there already are left alone; a claim that another case took meanwhile refuses its row."""
        conflicting = await self._cases.file([_complaint(submission, row) for row in submission.cases], cause)
        # On a retry it may be our own case that holds the claim.
        lost = {case_id for case_id in conflicting if await self._cases.load(case_id) is None}
        return tuple(
            m.RefusedRow(row=row.row, problem=m.DUPLICATE_CASE) for row in submission.cases if row.case_id in lost
        )

    async def files_of(self, number: str) -> Sequence[str]:
        """Uploaded evidence that the submission refers to; none where there is no submission."""
        loaded = await self.submissions.load(number)
        return loaded.state.files if loaded else ()

    async def sweep(self) -> None:
        """Finishes what a crash left unfinished; until cancelled. What is unfinished at two looks in a row is nobody's
        present work."""
        seen = await self._look(frozenset(), all_of_them=True)
        while True:
            await asyncio.sleep(SWEEP_EVERY_SECONDS)
            seen = await self._look(seen)

    async def _look(self, seen: frozenset[str], *, all_of_them: bool = False) -> frozenset[str]:
        """What was unfinished at this look. Where there are many, two looks at some, then at those after them, and
        round again: what cannot be finished must not hide the others."""
        try:
            page = await self._unfinished.some(self._looked_up_to)
            found = frozenset(page)
            for number in found if all_of_them else found & seen:
                await self._finish_left(number)
        except Transient as problem:
            log.warning("intake.sweep-failed", cause=str(problem))
            return seen
        full = len(page) == self._unfinished.most
        if (full or self._looked_up_to) and (seen or all_of_them or not page):
            self._looked_up_to = page[-1] if full else ""
            return frozenset()
        return found

    async def _finish_left(self, number: str) -> None:
        try:
            loaded = await self.submissions.load(number)
            if loaded is not None:
                await self._finish(Executed(number, loaded.version, loaded.state), Cause("intake-sweeper"), None)
        except Transient:
            raise
        except Exception:
            # It stays in the backlog for all to see; the others are finished all the same.
            log.exception("intake.not-finished", submission=number)

    async def backlog(self) -> dict[str, int]:
        return {"submissions-unfinished": await self._unfinished.count()}

    def _rules(self, policy: Policy, most: int | None = None) -> m.Rules:
        limit = policy.complaints.max_listings_per_submission
        return m.Rules(version=policy.version, max_listings=limit if most is None else min(most, limit))


async def look_at(platform: str, urls: Sequence[str]) -> None:
    """Recognizes each address once, letting others have their turn in between: a thousand of the most intricate ones
    take seconds, and what is recognized is remembered."""
    for number, url in enumerate(urls):
        if number:
            await asyncio.sleep(0)
        recognize(url, platform)


def _start_command(
    number: str,
    account_id: str,
    notice: Notice,
    right: RightFacts,
    rows: tuple[m.Row, ...],
    sealed: tuple[str, ...],
) -> m.StartSubmission:
    return m.StartSubmission(
        submission_id=number,
        account_id=account_id,
        principal_id=right.principal_id,
        by=account_id,
        platform=notice.platform,
        complaint_type=notice.complaint_type,
        right_id=right.right_id,
        right_fingerprint=right.fingerprint,
        reason=notice.reason,
        evidence=sealed,
        files=notice.files,
        statements=tuple(sorted(notice.statements)),
        rows=rows,
    )


def _complaint(submission: m.Submission, row: m.AcceptedRow) -> FileComplaint:
    return FileComplaint(
        case_id=row.case_id,
        submission_id=submission.id,
        account_id=submission.account_id,
        principal_id=submission.principal_id,
        platform=submission.platform,
        listing_id=row.listing_id,
        right_id=submission.right_id,
        right_fingerprint=submission.right_fingerprint,
        complaint_type=submission.complaint_type,
        reason=submission.reason,
        evidence=submission.evidence,
        files=submission.files,
        by=submission.filed_by,
    )


def _use(number: str) -> Use:
    return Use(kind="submission", id=number)


def _claim(number: str, account_id: str, platform: str) -> Claim:
    return Claim(party=account_id, platform=platform, case_id=None, use=_use(number))


def _of_file(problem: FileProblem) -> Finding:
    return Finding(problem.code, problem.detail, problem.mend, f"/evidence{problem.pointer}")


def _of_row(row: m.Row, notice: Notice) -> Finding:
    code = row.problem or "no-listing"
    detail, mend = row_text(code, notice.platform, notice.listings[row.row - 1][0])
    return Finding(code, detail, mend, f"/listings/{row.row - 1}", row.known_case_id)
