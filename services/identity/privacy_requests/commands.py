"""Commands on requests: the person is confirmed, texts are sealed, then it is decided and committed."""

from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import BaseModel

from services.identity import places
from services.identity.access.commands import AccessCommands
from services.identity.accounts.model import Account, Category, Registrant
from services.identity.accounts.model import Event as AccountEvent
from services.identity.privacy_requests.effects import Granted, end, grant
from services.identity.privacy_requests.model import (
    About,
    Command,
    Event,
    FileRequest,
    GrantRequest,
    Kind,
    PrivacyRequest,
    RefusalReason,
    RefuseRequest,
    decide,
)
from services.identity.privacy_requests.queries import RequestQueries
from services.identity.privacy_requests.store import ONE_AT_A_TIME
from shared.eventstore import Cause, Executed, Receipt, Repository, UniqueConflict
from shared.kernel.clock import Clock
from shared.kernel.decider import Refusal
from shared.kernel.ids import derived_id
from shared.policies.terms import PolicyBook
from shared.vault import SubjectVault

Done = Executed[PrivacyRequest, Event]


class Told(BaseModel):
    """What a person writes with a request, as it is sealed. country: where they live, as they declare."""

    text: str
    country: str | None = None


@dataclass(frozen=True)
class Filing:
    """What a person sends, checked for form."""

    kind: Kind
    about: About
    told: Told


@dataclass(frozen=True)
class Answer:
    """reason: of a refusal, None: granted; category, registrant: where the registration is corrected."""

    by: str
    reason: RefusalReason | None
    statement: str | None
    category: Category | None = None
    registrant: Registrant | None = None


@dataclass
class RequestCommands:
    repository: Repository[PrivacyRequest, Event]
    accounts: Repository[Account, AccountEvent]
    queries: RequestQueries
    access: AccessCommands
    vault: SubjectVault
    policy: PolicyBook
    clock: Clock

    async def execute(
        self, request_id: str, command: Command, cause: Cause, receipt: Receipt[PrivacyRequest] | None = None
    ) -> Done:
        """Raises Refusal (or Obsolete) as the decider does."""
        return await self.repository.execute(
            request_id, lambda known: decide(known, command, self.clock.now(), self.policy), cause, receipt
        )

    async def file(
        self, account_id: str, password: str, filing: Filing, receipt: Receipt[PrivacyRequest], cause: Cause
    ) -> Done:
        """Who asks is confirmed first (000 V.5). Raises Unauthenticated; Refusal: `request-current-already` names the
        one that there is."""
        account = await self.access.confirm(account_id, password)
        request_id = derived_id("prq", account_id, receipt.key)
        repeated = await self.repository.recall(request_id, receipt)
        if repeated is not None:
            return repeated
        policy = self.policy.at(self.clock.now()).privacy
        since = self.clock.now() - timedelta(days=policy.repeats_calendar_days)
        country = filing.told.country
        wanted = FileRequest(
            request_id=request_id,
            account_id=account_id,
            kind=filing.kind,
            about=filing.about,
            eea=country in policy.eea_countries if country else None,
            text_ref="",
            language=account.language,
            earlier=await self.queries.filed_since(account_id, filing.kind, since, request_id),
        )
        decide(None, wanted, self.clock.now(), self.policy)  # what is refused anyway is not kept
        once = f"{receipt.key}/{receipt.body_hash}"
        told = filing.told.model_dump_json().encode()
        command = replace(wanted, text_ref=await self.vault.seal(account_id, places.PRIVACY_REQUEST, told, once))
        try:
            return await self.execute(request_id, command, cause, receipt)
        except UniqueConflict as conflict:
            if conflict.index != ONE_AT_A_TIME:
                raise
            raise await self._current_already(account_id, filing) from conflict

    async def answer(self, request_id: str, answer: Answer, receipt: Receipt[PrivacyRequest], cause: Cause) -> Done:
        loaded = await self.repository.load(request_id)
        if loaded is None:
            raise Refusal("no-such-request", "There is no such request.")
        ref = None
        if answer.statement:
            once = f"{receipt.key}/{receipt.body_hash}"
            statement = answer.statement.encode()
            ref = await self.vault.seal(loaded.state.account_id, places.PRIVACY_ANSWER, statement, once)
        command: Command
        if answer.reason is not None:
            command = RefuseRequest(answer.by, answer.reason, ref)
        else:
            command = GrantRequest(answer.by, ref, answer.category, answer.registrant)
        return await self.execute(request_id, command, cause, receipt)

    async def grant_to(self, account_id: str, granted: Granted, cause: Cause) -> None:
        """What was granted takes effect on the account."""
        await self.accounts.execute(account_id, lambda known: grant(known, granted), cause)

    async def end_for(self, account_id: str, request_id: str, cause: Cause) -> None:
        await self.accounts.execute(account_id, lambda known: end(known, request_id), cause)

    async def _current_already(self, account_id: str, filing: Filing) -> Refusal:
        known = await self.queries.current(account_id, filing.kind, filing.about)
        detail = f"There is a request of this sort that is open or in force: {known}."
        return Refusal("request-current-already", detail, "Wait for its answer, or withdraw it.")
