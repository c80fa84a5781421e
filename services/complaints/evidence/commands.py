"""Taking evidence in as files, giving it to what uses it, and forgetting what nothing does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.complaints.evidence import model as m
from services.complaints.places import of_file
from shared.eventstore import Cause, Executed, Receipt, Repository
from shared.files import Accepted, FileIntake
from shared.httpkit import Upload
from shared.kernel.clock import Clock
from shared.kernel.decider import Obsolete, Refusal
from shared.kernel.failures import Transient
from shared.kernel.ids import derived_id
from shared.mongo import Database
from shared.policies.policy import Policy
from shared.policies.terms import PolicyBook
from shared.vault import SubjectVault, reference

SWEEP_EVERY_SECONDS = 5.0
_AT_ONCE = 100
_SWEEPER = Cause("evidence-sweeper")

Done = Executed[m.EvidenceFile, m.Event]
FilesOf = Callable[[str], Awaitable[Sequence[str]]]
"""The files that a submission or case refers to, by its id; none where it does not exist."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Sender:
    """Who uploads, and for which marketplace; case_id: where it is for one case only."""

    party: str
    platform: str
    case_id: str | None = None


@dataclass(frozen=True)
class FileProblem:
    """One thing that is wrong with the files that a request names. `position`: in its list."""

    position: int
    code: str
    detail: str
    mend: str

    @property
    def pointer(self) -> str:
        return f"/files/{self.position}"


class FilesNotUsable(Refusal):
    """All that is wrong with the files of an answer."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__(
            "evidence-not-usable",
            "Some of the named files cannot be used here.",
            "Mend what `problems` names and send it again.",
        )
        self.problems = tuple(problems)


class EvidenceFiles:
    def __init__(
        self,
        repository: Repository[m.EvidenceFile, m.Event],
        vault: SubjectVault,
        intake: FileIntake,
        book: PolicyBook,
        clock: Clock,
    ) -> None:
        self.intake = intake
        self._repository = repository
        self._vault = vault
        self._book = book
        self._clock = clock

    async def upload(self, sender: Sender, sent: Upload, cause: Cause, receipt: Receipt[m.EvidenceFile]) -> Done:
        """Inspected, sealed, then answered. Raises FileNotAcceptable, Refusal `document-not-scanned`, KeyReused."""
        file_id = file_id_of(sender.party, receipt.key)
        told = await self._repository.recall(file_id, receipt)
        if told is not None:
            return told
        limit = self._book.at(self._clock.now()).files.evidence
        accepted = await self.intake.accept(sent, limit, "/file")
        with suppress(Obsolete):  # begun by an attempt that was cut off
            await self._execute(file_id, _beginning(file_id, sender, accepted), cause)
        place = of_file(sender.platform, file_id)
        ref = await self._vault.seal(sender.party, place, sent.content, once=file_id)
        return await self._execute(file_id, m.KeepEvidence(ref=ref), cause, receipt)

    async def examine(self, ids: Sequence[str], claim: m.Claim) -> tuple[FileProblem, ...]:
        """What stands in the way of using these files so; nothing is changed."""
        rules = self._rules(self._book.at(self._clock.now()))
        problems = m.problems_with(ids, await self.known(ids[: rules.max_files]), claim, rules)
        return tuple(FileProblem(at, code, *m.FILE_TEXTS[code]) for at, code in problems)

    async def claim(self, ids: Sequence[str], claim: m.Claim, cause: Cause) -> None:
        """Before what refers to them is written, so that they are not forgotten meanwhile and nobody else uses them.
        Raises FilesNotUsable; what was claimed then is loose and forgotten in time."""
        problems = []
        for position, file_id in enumerate(ids):
            try:
                await self._execute(file_id, m.ClaimEvidence(claim=claim), cause)
            except Obsolete:
                continue
            except Refusal as refusal:
                problems.append(FileProblem(position, refusal.code, refusal.detail, refusal.mend))
        if problems:
            raise FilesNotUsable(problems)

    async def attach(self, ids: Sequence[str], use: m.Use, cause: Cause) -> None:
        """After what refers to them was written. What fails now is made up for by the sweeper."""
        for file_id in ids:
            try:
                await self._execute(file_id, m.AttachEvidence(use=use), cause)
            except Obsolete:
                continue
            except (Refusal, Transient) as problem:
                log.warning("evidence.not-attached", file=file_id, use=use.id, cause=str(problem))

    async def known(self, ids: Sequence[str]) -> Mapping[str, m.EvidenceFile]:
        """Those that exist, by their id."""
        loaded = await asyncio.gather(*(self._repository.load(file_id) for file_id in dict.fromkeys(ids)))
        return {each.id: each.state for each in loaded if each is not None}

    async def open(self, file: m.EvidenceFile) -> bytes:
        """Raises Gone where it was removed."""
        return await self._vault.open(file.party, file.ref, of_file(file.platform, file.id))

    async def settle(self, file_id: str, files_of: Mapping[m.UseKind, FilesOf]) -> None:
        """A file that is loose for longer than the policy lets it be: attached after all where something refers to it,
        forgotten and removed where nothing does. Raises Obsolete where it was used meanwhile."""
        loaded = await self._repository.load(file_id)
        if loaded is None:
            return
        file, use = loaded.state, loaded.state.use
        if file.status == "claimed" and use is not None and file_id in await files_of[use.kind](use.id):
            await self._execute(file_id, m.AttachEvidence(use=use), _SWEEPER)
            return
        if file.status != "forgotten":  # else by a sweep that was cut off
            await self._execute(file_id, m.ForgetEvidence(), _SWEEPER)
        # Forgotten first: from then on nobody can claim what is about to be removed.
        place = of_file(file.platform, file_id)
        await self._vault.remove(file.party, place, [file.ref or reference(file.party, place, file_id)])
        await self._execute(file_id, m.ConfirmRemoved(), _SWEEPER)

    def unused_period(self) -> timedelta:
        return self._rules(self._book.at(self._clock.now())).unused_period

    async def _execute(
        self, file_id: str, command: m.Command, cause: Cause, receipt: Receipt[m.EvidenceFile] | None = None
    ) -> Done:
        now = self._clock.now()
        rules = self._rules(self._book.at(now))
        return await self._repository.execute(file_id, lambda file: m.decide(file, command, now, rules), cause, receipt)

    def _rules(self, policy: Policy) -> m.Rules:
        period = timedelta(hours=policy.complaints.unused_evidence_hours)
        return m.Rules(policy.version, period, policy.complaints.max_evidence_files)


def file_id_of(party: str, idempotency_key: str) -> str:
    """The same request of the same party is the same file."""
    return derived_id("evf", party, idempotency_key)


def _beginning(file_id: str, sender: Sender, accepted: Accepted) -> m.BeginEvidence:
    return m.BeginEvidence(
        file_id=file_id,
        party=sender.party,
        platform=sender.platform,
        case_id=sender.case_id,
        kind=accepted.kind,
        media_type=accepted.media_type,
        size=accepted.size,
        sha256=accepted.sha256,
        scan=accepted.scan,
        holds_location=accepted.holds_location,
    )


class Sweeper:
    """Finds files that nothing is known to refer to, and settles what becomes of each."""

    def __init__(
        self, database: Database, files: EvidenceFiles, files_of: Mapping[m.UseKind, FilesOf], clock: Clock
    ) -> None:
        self._documents = database.collection("evidence")
        self._files = files
        self._files_of = files_of
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.sweep()
            except Transient as problem:
                log.warning("evidence.sweep-failed", cause=str(problem))
            await asyncio.sleep(SWEEP_EVERY_SECONDS)

    async def sweep(self) -> None:
        """All whose time is over now. What cannot be settled is logged, and the others are settled all the same."""
        before = self._clock.now() - self._files.unused_period()
        while True:
            found = await self._documents.find({"ix.loose_since": {"$lte": before}}, fields=("_id",), limit=_AT_ONCE)
            settled = [await self._settled(each["_id"]) for each in found]
            if len(found) < _AT_ONCE or not any(settled):
                return

    async def _settled(self, file_id: str) -> bool:
        try:
            await self._files.settle(file_id, self._files_of)
        except Obsolete:
            return True  # used meanwhile, or settled by another process
        except Transient:
            raise
        except Exception:
            log.exception("evidence.not-settled", file=file_id)
            return False
        return True
