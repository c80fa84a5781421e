"""Commands on accounts: what is personal is sealed first, then the account is decided upon and committed."""

from dataclasses import dataclass

from services.identity import places
from services.identity.access.attempts import Attempts
from services.identity.access.passwords import Passwords
from services.identity.accounts.agreements import Agreements
from services.identity.accounts.email_codes import EmailCodes
from services.identity.accounts.model import (
    Accepted,
    Account,
    AccountRegistered,
    Category,
    ChangeStanding,
    Event,
    Language,
    Region,
    Register,
    Registrant,
    RenewEmailCode,
    VerifyEmail,
    decide,
    existing,
)
from services.identity.accounts.queries import AccountQueries, email_index
from services.identity.accounts.store import ONE_EMAIL
from shared.eventstore import Cause, Executed, Receipt, Repository, UniqueConflict
from shared.kernel.clock import Clock
from shared.kernel.decider import Refusal
from shared.kernel.ids import derived_id
from shared.vault import SubjectVault

Accounts = Repository[Account, Event]
Done = Executed[Account, Event]


@dataclass(frozen=True)
class Registration:
    """What a registrant sends, checked and normalized. `once` names the attempt (key and body)."""

    region: Region
    category: Category
    registrant: Registrant
    language: Language
    email: str
    password: str
    phone: str | None
    accepted: tuple[Accepted, ...]


@dataclass
class AccountCommands:
    repository: Accounts
    queries: AccountQueries
    vault: SubjectVault
    codes: EmailCodes
    passwords: Passwords
    attempts: Attempts
    agreements: Agreements
    clock: Clock

    async def register(self, wanted: Registration, receipt: Receipt[Account], cause: Cause) -> Done:
        """Raises Refusal `email-taken`, `agreement-…`. A repeat is answered as the first time."""
        account_id = derived_id(f"acc-{wanted.region}", "registration", receipt.key)
        if await self.queries.holder_of(wanted.email) not in (None, account_id):
            raise _email_taken()
        self.agreements.check(wanted.accepted)
        command = Register(await self._sealed(account_id, wanted, f"{receipt.key}/{receipt.body_hash}"))
        try:
            return await self.repository.execute(
                account_id, lambda account: decide(account, command, self.clock.now()), cause, receipt
            )
        except UniqueConflict as conflict:
            if conflict.index == ONE_EMAIL:
                raise _email_taken() from conflict
            raise

    async def verify_email(self, account_id: str, code: str, receipt: Receipt[Account], cause: Cause) -> Done:
        """Raises Refusal `code-wrong`, `code-expired`, `too-many-attempts`."""
        loaded = await self.repository.load(account_id)
        account = existing(loaded.state if loaded else None)
        name = f"email-code/{account_id}"
        async with self.attempts.turn(name):
            command = VerifyEmail(await self.codes.compare(account, code))
            if command.finding == "wrong":
                await self.attempts.failed(name)
        return await self.repository.execute(
            account_id, lambda now_known: decide(now_known, command, self.clock.now()), cause, receipt
        )

    async def renew_email_code(self, email: str, key: str, cause: Cause) -> None:
        """Says nothing about whether the address is known."""
        account_id = await self.queries.holder_of(email)
        loaded = await self.repository.load(account_id) if account_id else None
        if account_id is None or loaded is None or loaded.state.email_verified:
            return
        command = RenewEmailCode(await self.codes.make(account_id, once=f"renewal/{key}"))
        if loaded.state.code_ref != command.code_ref:
            await self.repository.execute(account_id, lambda known: decide(known, command, self.clock.now()), cause)

    async def change_standing(
        self, account_id: str, command: ChangeStanding, receipt: Receipt[Account], cause: Cause
    ) -> Done:
        return await self.repository.execute(
            account_id, lambda account: decide(account, command, self.clock.now()), cause, receipt
        )

    async def _sealed(self, account_id: str, wanted: Registration, once: str) -> AccountRegistered:
        seal = self.vault.seal
        password_hash = await self.passwords.hash(wanted.password)
        phone = wanted.phone
        return AccountRegistered(
            account_id=account_id,
            region=wanted.region,
            category=wanted.category,
            registrant=wanted.registrant,
            language=wanted.language,
            email_ref=await seal(account_id, places.EMAIL, wanted.email.encode(), once),
            email_index=email_index(self.vault, wanted.email),
            phone_ref=await seal(account_id, places.PHONE, phone.encode(), once) if phone else None,
            password_ref=await seal(account_id, places.PASSWORD, password_hash.encode(), once),
            code_ref=await self.codes.make(account_id, once),
            accepted=wanted.accepted,
            at=self.clock.now(),
        )


def _email_taken() -> Refusal:
    mend = "Log in with it, or register with another address that you own."
    return Refusal("email-taken", "There is an account with this e-mail address.", mend)
