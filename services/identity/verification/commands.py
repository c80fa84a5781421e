"""Commands of verification: seal what identifies the subject, decide, commit."""

from dataclasses import dataclass, replace

from services.identity import places
from services.identity.accounts.model import Account, Event, IdentitySubmitted, active
from services.identity.accounts.store import ONE_SUBJECT
from services.identity.consents.purposes import IDENTITY_PROVIDER, Purposes
from services.identity.verification.details import (
    NEEDS_IMAGE,
    NEEDS_PROVIDER,
    AnyDetails,
    check_method,
    document_kind,
    subject,
)
from services.identity.verification.model import Command, SubmitIdentity, decide
from services.identity.verification.providers import IdentityProvider, NoIdentityProvider
from shared.disclosures import DisclosureLog
from shared.eventstore import Cause, Executed, Receipt, Repository, UniqueConflict
from shared.files import Accepted, FileIntake
from shared.httpkit import Upload
from shared.kernel.clock import Clock
from shared.kernel.decider import Refusal
from shared.policies.terms import PolicyBook
from shared.vault import SubjectVault

Done = Executed[Account, Event]

PROVIDER = "identity-provider"
"""Who receives what identifies a mainland registrant, as the log of disclosures names it."""


@dataclass
class VerificationCommands:
    repository: Repository[Account, Event]
    vault: SubjectVault
    provider: IdentityProvider
    intake: FileIntake
    policy: PolicyBook
    clock: Clock
    disclosures: DisclosureLog
    purposes: Purposes

    async def execute(
        self, account_id: str, command: Command, cause: Cause, receipt: Receipt[Account] | None = None
    ) -> Done:
        """Raises Refusal (or Obsolete) as the decider does."""
        return await self.repository.execute(
            account_id, lambda account: decide(account, command, self.clock.now(), self.policy), cause, receipt
        )

    async def submit(
        self, account: Account, details: AnyDetails, image: Upload | None, receipt: Receipt[Account], cause: Cause
    ) -> Done:
        """Raises Refusal: `subject-taken` where another account is of the same person or enterprise, `consent-missing`
        where the provider would be given what nobody has agreed to give it (000 III.1)."""
        active(account)
        check_method(account, details)
        if details.method in NEEDS_PROVIDER:
            self.purposes.require(account, IDENTITY_PROVIDER)
        accepted = await self._checked(details, image)
        reference = await self._confirmed(account, details, cause) if details.method in NEEDS_PROVIDER else None
        once = f"{receipt.key}/{receipt.body_hash}"
        submitted = await self._sealed(account.id, details, image, reference, once)
        if accepted is not None:
            submitted = replace(
                submitted,
                document_scan=accepted.scan,
                document_sha256=accepted.sha256,
                document_metadata=accepted.metadata,
            )
        try:
            return await self.execute(account.id, SubmitIdentity(submitted), cause, receipt)
        except UniqueConflict as conflict:
            if conflict.index != ONE_SUBJECT:
                raise
            mend = "Use the account that exists, or ask an operator."
            raise Refusal("subject-taken", "There is an account of this person or enterprise.", mend) from conflict

    async def _confirmed(self, account: Account, details: AnyDetails, cause: Cause) -> str:
        """The provider is somebody else: what it is sent is logged before, where there is one."""
        if not isinstance(self.provider, NoIdentityProvider):
            received = replace(cause, actor=PROVIDER)
            purpose = "identity-confirmation"
            await self.disclosures.record(account.id, "identity-details", purpose, received, ground="service")
        return await self.provider.confirm(details)

    async def _checked(self, details: AnyDetails, image: Upload | None) -> Accepted | None:
        """Raises FileNotAcceptable with all that is wrong with the image."""
        if image is not None:
            return await self.intake.accept(image, self.policy.at(self.clock.now()).files.identity, "/document")
        if details.method in NEEDS_IMAGE:
            mend = "Send the part `document`: clear, in full, without changes."
            raise Refusal("document-missing", "An image of the document is missing.", mend)
        return None

    async def _sealed(
        self, account_id: str, details: AnyDetails, image: Upload | None, reference: str | None, once: str
    ) -> IdentitySubmitted:
        seal = self.vault.seal
        details_json = details.model_dump_json().encode()
        return IdentitySubmitted(
            method=details.method,
            document_kind=document_kind(details),
            details_ref=await seal(account_id, places.IDENTITY_DETAILS, details_json, once),
            document_ref=await seal(account_id, places.IDENTITY_DOCUMENT, image.content, once) if image else None,
            subject_index=self.vault.blind_index("subject-number", subject(details)),
            provider_reference=reference,
            at=self.clock.now(),
        )
