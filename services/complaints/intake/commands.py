"""Filing: the submission is written first, then its cases in bulk with numbers derived from it, then it is completed.

A crash in between loses nothing: a retry with the same key, or the sweeper, completes what was started.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import FileComplaint
from services.complaints.cases.store import OPEN_CLAIM
from services.complaints.intake import model as m
from services.complaints.intake.addresses import recognize
from services.complaints.intake.checks import Notice, RightFacts, check_notice, judge_rows, listing_ids
from services.complaints.intake.findings import Finding, NotQualified, NotYetKnown, row_text
from services.complaints.intake.replicas import AccountReplica, RightReplica
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.records.queries import CaseQueries
from shared.eventstore import Cause, Executed, KeyReused, Receipt, Repository, UniqueConflict
from shared.kernel.clock import Clock
from shared.kernel.failures import Transient
from shared.mongo import Database
from shared.policies.policy import Policy
from shared.policies.terms import PolicyBook
from shared.vault import SubjectVault

SWEEP_EVERY_SECONDS = 5.0

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
        database: Database,
    ) -> None:
        self.submissions = submissions
        self._cases = cases
        self._queries = queries
        self._accounts = accounts
        self._rights = rights
        self._vault = vault
        self._book = book
        self._clock = clock
        self._unfinished = database.collection(SUBMISSIONS.collection)

    async def file(
        self,
        account_id: str,
        notice: Notice,
        right_id: str,
        evidence: str,
        cause: Cause,
        receipt: Receipt[m.Submission],
    ) -> Executed[m.Submission, m.Event]:
        """The completed submission, with the answer that a retry is given again. Raises NotQualified, NotYetKnown,
        KeyReused, or NotFound of the right as a finding."""
        number = m.submission_number(account_id, receipt.key)
        known = await self.submissions.load(number)
        if known is not None:
            await self._require_same_body(number, receipt)
            return await self._complete(known.state, cause, receipt)
        try:
            started = await self._start(number, account_id, notice, right_id, evidence, cause, receipt)
        except NotQualified:
            # The same request, sent twice at once, finds its own cases as duplicates: they come after the submission.
            if await self.submissions.load(number) is None:
                raise
            started = None
        if started is None:
            # The same request was sent twice at once; the other one started it.
            return await self.file(account_id, notice, right_id, evidence, cause, receipt)
        return await self._complete(started, cause, receipt)

    async def _start(
        self,
        number: str,
        account_id: str,
        notice: Notice,
        right_id: str,
        evidence: str,
        cause: Cause,
        receipt: Receipt[m.Submission],
    ) -> m.Submission | None:
        """None where it was started already."""
        now = self._clock.now()
        policy = self._book.at(now)
        right = await self._checked(account_id, notice, right_id, policy)
        await look_at(notice.platform, [url for url, _ in notice.listings])
        rows = judge_rows(notice, right, policy, await self._taken(account_id, notice, right))
        if all(row.problem for row in rows):
            raise NotQualified([_of_row(row, notice) for row in rows])
        once = f"{receipt.key}/{receipt.body_hash}"
        sealed = await self._vault.seal(account_id, f"submission/{number}/evidence", evidence.encode(), once)
        command = m.StartSubmission(
            submission_id=number,
            account_id=account_id,
            principal_id=right.principal_id,
            by=account_id,
            platform=notice.platform,
            complaint_type=notice.complaint_type,
            right_id=right_id,
            right_fingerprint=right.fingerprint,
            reason=notice.reason,
            evidence=(sealed,),
            statements=tuple(sorted(notice.statements)),
            rows=rows,
        )
        events = m.decide(None, command, now, self._rules(policy))
        # The receipt of the start only binds the key to the body; the answer is given at completion.
        binding = replace(receipt, key=_binding(receipt.key))
        created = await self.submissions.create(number, events, cause, binding)
        return created.state if created else None

    async def _checked(self, account_id: str, notice: Notice, right_id: str, policy: Policy) -> RightFacts:
        account, right = await asyncio.gather(self._accounts.get(account_id), self._rights.get(right_id))
        if account is None:
            raise NotYetKnown("account")
        if right is None:
            raise NotYetKnown("right")
        if right.account_id != account_id:
            # Another's right looks like one that does not exist; which it is, does not show in the answer.
            raise NotYetKnown("right")
        findings = check_notice(notice, account, right, policy, self._clock.now())
        if findings:
            raise NotQualified(findings)
        return right

    async def _taken(self, account_id: str, notice: Notice, right: RightFacts) -> dict[str, str]:
        """Listings with a case of this right; its number only where it is the filer's own."""
        claims = {f"{right.fingerprint}|{listing_id}": listing_id for listing_id in listing_ids(notice)}
        found = await self._queries.with_claims(list(claims))
        return {claims[claim]: case.id if case.account_id == account_id else "" for claim, case in found.items()}

    async def _complete(
        self, submission: m.Submission, cause: Cause, receipt: Receipt[m.Submission] | None
    ) -> Executed[m.Submission, m.Event]:
        refused = () if submission.completed else await self._file_cases(submission, cause)
        rules = self._rules(self._book.at(self._clock.now()))

        def complete(submission: m.Submission | None) -> Sequence[m.Event]:
            if submission is not None and submission.completed:
                return ()
            return m.decide(submission, m.CompleteSubmission(refused=refused), self._clock.now(), rules)

        return await self.submissions.execute(submission.id, complete, cause, receipt)

    async def _require_same_body(self, number: str, receipt: Receipt[m.Submission]) -> None:
        """Raises KeyReused where the submission was started by another body under the same key."""
        binding = replace(receipt, key=_binding(receipt.key))
        done = await self.submissions.execute(number, lambda _: (), Cause("intake"), binding)
        if not done.repeated:
            raise KeyReused

    async def _file_cases(self, submission: m.Submission, cause: Cause) -> tuple[m.RefusedRow, ...]:
        """Cases that are there already are left alone; a claim that another case took meanwhile refuses its row."""
        results = await asyncio.gather(*(self._file_case(submission, row, cause) for row in submission.cases))
        return tuple(result for result in results if result is not None)

    async def _file_case(self, submission: m.Submission, row: m.AcceptedRow, cause: Cause) -> m.RefusedRow | None:
        command = FileComplaint(
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
            by=submission.filed_by,
        )
        try:
            await self._cases.file(command, cause)
        except UniqueConflict as conflict:
            if conflict.index != OPEN_CLAIM:
                raise
            # On a retry it is our own case that holds the claim.
            if await self._cases.load(row.case_id) is None:
                return m.RefusedRow(row=row.row, problem=m.DUPLICATE_CASE)
        return None

    async def sweep(self) -> None:
        """Completes what a crash left unfinished; until cancelled."""
        while True:
            try:
                await self._complete_unfinished()
            except Transient as problem:
                log.warning("intake.sweep-failed", cause=str(problem))
            await asyncio.sleep(SWEEP_EVERY_SECONDS)

    async def _complete_unfinished(self) -> None:
        for document in await self._unfinished.find({"ix.unfinished": True}, fields=("_id",), limit=100):
            try:
                loaded = await self.submissions.load(document["_id"])
                if loaded is not None:
                    await self._complete(loaded.state, Cause("intake-sweeper"), None)
            except Transient:
                raise
            except Exception:
                # It stays in the backlog for all to see; the others are completed all the same.
                log.exception("intake.not-completed", submission=document["_id"])

    async def backlog(self) -> dict[str, int]:
        return {"submissions-unfinished": await self._unfinished.count({"ix.unfinished": True})}

    def _rules(self, policy: Policy) -> m.Rules:
        return m.Rules(version=policy.version, max_listings=policy.complaints.max_listings_per_submission)


async def look_at(platform: str, urls: Sequence[str]) -> None:
    """Recognizes each address once, letting others have their turn in between: a thousand of the most intricate ones
    take seconds, and what is recognized is remembered."""
    for url in urls:
        recognize(url, platform)
        await asyncio.sleep(0)


def _binding(key: str) -> str:
    return f"body-of:{key}"


def _of_row(row: m.Row, notice: Notice) -> Finding:
    code = row.problem or "no-listing"
    detail, mend = row_text(code, notice.platform, notice.listings[row.row - 1][0])
    return Finding(code, detail, mend, f"/listings/{row.row - 1}")
