"""Commands of rights: check, seal what is personal, decide, commit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.ipr.places import BRAND, DOCUMENT, REGISTRANT
from services.ipr.rights import model as m
from services.ipr.rights.accounts import AccountReplica, may_submit
from services.ipr.rights.inputs import RightBody
from services.ipr.rights.store import ONE_OF_EACH
from shared.eventstore import Cause, Executed, Receipt, Repository, UniqueConflict
from shared.files import Accepted, FileIntake, Refused, pointed
from shared.httpkit import Upload
from shared.kernel.clock import Clock
from shared.kernel.decider import Refusal
from shared.policies.terms import PolicyBook
from shared.vault import SubjectVault

Done = Executed[m.Right, m.Event]
Files = Sequence[tuple[m.DocumentKind, Upload]]
_Known = Sequence[Accepted | None]
"""What each file is, in the order sent; None for a refused one."""


@dataclass
class RightCommands:
    repository: Repository[m.Right, m.Event]
    accounts: AccountReplica
    vault: SubjectVault
    intake: FileIntake
    policy: PolicyBook
    clock: Clock

    async def execute(
        self, right_id: str, command: m.Command, cause: Cause, receipt: Receipt[m.Right] | None = None
    ) -> Done:
        """Raises Refusal (or Obsolete) as the decider does."""
        return await self.repository.execute(
            right_id, lambda right: m.decide(right, command, self.clock.now(), self.policy), cause, receipt
        )

    async def send(
        self, account_id: str, right_id: str, body: RightBody, files: Files, receipt: Receipt[m.Right], cause: Cause
    ) -> Done:
        """A draft or a submission. Raises AccountNotYetKnown, Refusal: `right-not-acceptable` names all that is wrong,
        `right-registered-already` where the account has this right, `document-not-scanned` for now."""
        may_submit(await self.accounts.get(account_id))
        documents = await self._checked(body, files)
        once = f"{receipt.key}/{receipt.body_hash}"
        kind = m.SaveDraft if body.draft else m.SubmitRight
        command = kind(
            right_id=right_id,
            account_id=account_id,
            principal_id=body.principal_id,
            details=await self._sealed_details(account_id, body, once),
            documents=await self._sealed_documents(account_id, documents, files, once),
        )
        try:
            return await self.execute(right_id, command, cause, receipt)
        except UniqueConflict as conflict:
            if conflict.index != ONE_OF_EACH:
                raise
            mend = "Use the right that is there, or withdraw it first."
            raise Refusal("right-registered-already", "The account has this right already.", mend) from conflict

    async def _checked(self, body: RightBody, files: Files) -> tuple[m.Document, ...]:
        """Before anything is sealed, so that everything wrong is named at once and nothing of it is kept."""
        now = self.clock.now()
        limit = self.policy.at(now).files.rights
        findings: list[m.Finding] = []
        known: list[Accepted | None] = []
        for kind, upload in files:
            verdict = await self.intake.examine(upload, limit)
            if isinstance(verdict, Refused):
                named = pointed(verdict.findings, f"/{kind}")
                findings += [m.Finding(each.code, each.detail, each.mend, each.pointer) for each in named]
            known.append(None if isinstance(verdict, Refused) else verdict)
        documents = _documents(files, known)
        documents, unknown = _with_proposals(documents, body)
        findings += unknown
        if not body.draft:
            today = self.policy.default_calendar(now).local_day(now)
            findings += m.check(_details(body), documents, today)
        if findings:
            raise m.NotAcceptable(tuple(findings))
        return documents

    async def _sealed_details(self, account_id: str, body: RightBody, once: str) -> m.Details:
        registrant = await self.vault.seal(account_id, REGISTRANT, body.registrant.encode(), once)
        brand = await self.vault.seal(account_id, BRAND, body.brand.encode(), once) if body.brand else None
        return replace(_details(body), registrant_ref=registrant, brand_ref=brand)

    async def _sealed_documents(
        self, account_id: str, documents: Sequence[m.Document], files: Files, once: str
    ) -> tuple[m.Document, ...]:
        sealed = []
        for number, (document, (_, upload)) in enumerate(zip(documents, files, strict=True)):
            ref = await self.vault.seal(account_id, DOCUMENT, upload.content, f"{once}/{number}")
            sealed.append(replace(document, ref=ref))
        return tuple(sealed)


def _details(body: RightBody) -> m.Details:
    """Without references yet."""
    return m.Details(
        right_type=body.right_type,
        place=body.place,
        madrid_designations=body.madrid_designations,
        name=body.name,
        registration_number=body.registration_number,
        registrant_ref="",
        brand_ref=None,
        expires_on=body.expires_on,
        nice_classes=body.nice_classes,
        renewed=body.renewed,
        assigned=body.assigned,
        altered=body.altered,
    )


def _documents(files: Files, known: _Known) -> tuple[m.Document, ...]:
    """Without references yet. Names are ours and count by kind: `certificate-1.pdf`."""
    documents: list[m.Document] = []
    for (kind, upload), accepted in zip(files, known, strict=True):
        number = sum(1 for document in documents if document.kind == kind) + 1
        documents.append(
            m.Document(
                kind=kind,
                name=f"{kind}-{number}.{accepted.kind if accepted else 'bin'}",
                media_type=accepted.media_type if accepted else "application/octet-stream",
                size=len(upload.content),
                sha256=upload.sha256,
                ref="",
                scan=accepted.scan if accepted else "not_configured",
                metadata=accepted.metadata if accepted else None,
                pages=(accepted.pages or (1 if accepted.width else 0)) if accepted else None,
            )
        )
    return tuple(documents)


def _with_proposals(
    documents: tuple[m.Document, ...], body: RightBody
) -> tuple[tuple[m.Document, ...], list[m.Finding]]:
    """What the owner would have covered, with the document that it is about."""
    found, findings = list(documents), []
    for position, told in enumerate(body.redactions):
        places = [at for at, document in enumerate(found) if document.kind == told.kind]
        if told.number > len(places):
            what = f"There is no {told.kind} {told.number} among the files."
            mend = "Name a document that is sent with it."
            findings.append(m.Finding("redaction-without-document", what, mend, f"/submission/redactions/{position}"))
            continue
        document = found[places[told.number - 1]]
        page = m.PageRedaction(page=told.page, rectangles=tuple(each.rectangle() for each in told.rectangles))
        found[places[told.number - 1]] = replace(document, proposed=(*document.proposed, page))
    return tuple(found), findings
