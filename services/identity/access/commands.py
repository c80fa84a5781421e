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
from shared.vault import SubjectVault

AUDIENCE = "ipp"


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
        """Raises Unauthenticated `credentials-wrong`; Refusal `email-not-verified`, `account-closed`."""
        name = f"log-in/{email_index(self.vault, email)}"
        await self.attempts.check(name)
        account_id = await self.queries.holder_of(email)
        loaded = await self.accounts.load(account_id) if account_id else None
        account = loaded.state if loaded else None
        await self._check(name, password, account.id if account else "", account.password_ref if account else "")
        known = active(account)
        return await self._begin(Actor(known.id, frozenset({Role.COMPLAINANT}), known.id))

    async def log_in_staff(self, login: str, password: str) -> Issued:
        name = f"log-in/{staff_id(login)}"
        await self.attempts.check(name)
        loaded = await self.staff.load(staff_id(login))
        ref = loaded.state.password_ref if loaded else ""
        await self._check(name, password, staff_id(login), ref, place=places.STAFF_PASSWORD)
        roles = loaded.state.roles if loaded else ()
        return await self._begin(Actor(staff_id(login), frozenset(map(Role, roles))))

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
        self, login: str, password: str, roles: tuple[StaffRole, ...], cause: Cause, receipt: Receipt[Staff] | None
    ) -> Executed[Staff, StaffAdded]:
        """Raises Refusal `login-taken`."""
        once = f"{receipt.key}/{receipt.body_hash}" if receipt else ""
        new_id = staff_id(login)
        hashed = await self.passwords.hash(password)
        ref = await self.vault.seal(new_id, places.STAFF_PASSWORD, hashed.encode(), once)
        added = StaffAdded(new_id, login, roles, ref, cause.actor)
        return await self.staff.execute(new_id, lambda known: add_staff(known, added), cause, receipt)

    async def ensure_operator(self, login: str, password: str) -> None:
        """The first operator, from the settings; the others are added by operators."""
        if await self.staff.load(staff_id(login)) is not None:
            return
        try:
            await self.add_staff(login, password, ("operator",), Cause("bootstrap"), None)
        except Refusal as refusal:
            if refusal.code != "login-taken":  # another process of this service was first
                raise

    async def _check(
        self, name: str, password: str, subject: str, password_ref: str, place: str = places.PASSWORD
    ) -> None:
        if not password_ref:
            await self.passwords.waste_time(password)
            raise _wrong()
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
    return Unauthenticated("credentials-wrong", "The login or the password is wrong.", "Check both.")
