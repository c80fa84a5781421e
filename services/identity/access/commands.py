"""Logging in, for accounts, staff and our own services; tokens are signed here and checked elsewhere."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from services.identity import places
from services.identity.access.attempts import Attempts
from services.identity.access.model import Staff, StaffAdded, StaffRole, add_staff
from services.identity.access.passwords import Passwords
from services.identity.access.sessions import Sessions
from services.identity.access.store import staff_id
from services.identity.accounts.model import Account, Event, active
from services.identity.accounts.queries import AccountQueries, email_index
from shared.access import Actor, Role, Signer, Unauthenticated
from shared.eventstore import Cause, Executed, Receipt, Repository
from shared.kernel.decider import Refusal
from shared.runtime.foundation import AUDIENCE
from shared.vault import SubjectVault


@dataclass(frozen=True)
class Issued:
    """`lifetime_s`: seconds of the access token. Services have no session: they log in again."""

    access_token: str
    lifetime_s: int
    refresh_token: str | None = None


@dataclass
class AccessCommands:
    accounts: Repository[Account, Event]
    staff: Repository[Staff, StaffAdded]
    queries: AccountQueries
    vault: SubjectVault
    passwords: Passwords
    attempts: Attempts
    sessions: Sessions
    signer: Signer
    service_secrets: Mapping[str, str]
    lifetime_s: int

    async def log_in(self, email: str, password: str) -> Issued:
        """For accounts and staff alike. Raises Unauthenticated `credentials-wrong`; Refusal `email-not-verified`,
        `account-closed`, `too-many-attempts`."""
        name = f"log-in/{email_index(self.vault, email)}"
        async with self.attempts.turn(name):
            return await self._log_in(name, email, password)

    async def _log_in(self, name: str, email: str, password: str) -> Issued:
        account_id = await self.queries.holder_of(email)
        known = await self.accounts.load(account_id) if account_id else None
        if known is not None:
            await self._check(name, password, known.id, known.state.password_ref, places.PASSWORD)
            active(known.state)
            return await self._begin(Actor(known.id, frozenset({Role.COMPLAINANT}), known.id))
        staff = await self.staff.load(staff_id(self.vault, email))
        if staff is not None:
            await self._check(name, password, staff.id, staff.state.password_ref, places.STAFF_PASSWORD)
            return await self._begin(Actor(staff.id, frozenset(map(Role, staff.state.roles))))
        await self.passwords.waste_time(password)
        await self.attempts.failed(name)
        raise _wrong()

    async def confirm(self, account_id: str, password: str) -> Account:
        """That the person at the other end is the account's own, before anything is given out or erased (000 V.5).
        Raises Unauthenticated `credentials-wrong`; Refusal `too-many-attempts`, `account-closed`."""
        name = f"confirmation/{account_id}"
        async with self.attempts.turn(name):
            known = await self.accounts.load(account_id)
            account = active(known.state if known else None)
            await self._check(name, password, account_id, account.password_ref, places.PASSWORD)
            return account

    def log_in_service(self, client_id: str, client_secret: str) -> Issued:
        expected = self.service_secrets.get(client_id)
        if expected is None or not hmac.compare_digest(expected.encode(), client_secret.encode()):
            raise _wrong()
        return self._issue(Actor(f"service:{client_id}", frozenset({Role.SERVICE})))

    async def refresh(self, refresh_token: str) -> Issued:
        """Standing is looked at again: a closed account gets no further token."""
        session_id, actor = await self.sessions.resume(refresh_token)
        if actor.account_id is not None:
            loaded = await self.accounts.load(actor.account_id)
            active(loaded.state if loaded else None)
        return self._issue(actor, session_id, refresh_token)

    async def log_out(self, refresh_token: str) -> None:
        session_id, _ = await self.sessions.resume(refresh_token)
        await self.sessions.revoke(session_id)

    async def add_staff(
        self, email: str, password: str, roles: tuple[StaffRole, ...], cause: Cause, receipt: Receipt[Staff] | None
    ) -> Executed[Staff, StaffAdded]:
        """Raises Refusal `email-taken`."""
        once = f"{receipt.key}/{receipt.body_hash}" if receipt else ""
        new_id = staff_id(self.vault, email)
        hashed = await self.passwords.hash(password)
        added = StaffAdded(
            staff_id=new_id,
            roles=roles,
            email_ref=await self.vault.seal(new_id, places.STAFF_EMAIL, email.encode(), once),
            password_ref=await self.vault.seal(new_id, places.STAFF_PASSWORD, hashed.encode(), once),
            by=cause.actor,
        )
        return await self.staff.execute(new_id, lambda known: add_staff(known, added), cause, receipt)

    async def ensure_operator(self, email: str, password: str) -> None:
        """The first operator, from the settings; the others are added by operators."""
        if await self.staff.load(staff_id(self.vault, email)) is not None:
            return
        try:
            await self.add_staff(email, password, ("operator",), Cause("bootstrap"), None)
        except Refusal as refusal:
            if refusal.code != "email-taken":  # another process of this service was first
                raise

    async def _check(self, name: str, password: str, subject: str, password_ref: str, place: str) -> None:
        hashed = await self.vault.open(subject, password_ref, place)
        if not await self.passwords.fits(password, hashed.decode()):
            await self.attempts.failed(name)
            raise _wrong()

    async def _begin(self, actor: Actor) -> Issued:
        session_id, refresh_token = await self.sessions.begin(actor)
        return self._issue(actor, session_id, refresh_token)

    def _issue(self, actor: Actor, session_id: str | None = None, refresh_token: str | None = None) -> Issued:
        token = self.signer.issue(actor, AUDIENCE, self.lifetime_s, session_id)
        return Issued(token, self.lifetime_s, refresh_token)


def _wrong() -> Unauthenticated:
    return Unauthenticated("credentials-wrong", "The e-mail address or the password is wrong.", "Check both.")
