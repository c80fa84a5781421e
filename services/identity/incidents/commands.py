"""Commands on incidents, and the list of those affected."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.identity import places
from services.identity.accounts.model import Account
from services.identity.accounts.model import Event as AccountEvent
from services.identity.incidents.model import (
    Affected,
    Close,
    Declare,
    Incident,
    InformAuthority,
    Notify,
    PersonListed,
    RecordNotice,
    Tell,
    Touched,
    affected,
    affected_id,
    existing,
    incident,
)
from services.identity.incidents.store import IncidentIndex
from shared.eventstore import Cause, Executed, Receipt, Repository
from shared.kernel.clock import Clock
from shared.kernel.decider import Obsolete
from shared.reactions.subscription import each
from shared.vault import SubjectVault

PAGE = 500
Done = Executed[Incident, incident.Event]


@dataclass(frozen=True)
class Listed:
    """listed: accounts on the list now; unknown: ids that are no accounts here."""

    listed: int
    unknown: Sequence[str]


@dataclass
class IncidentCommands:
    incidents: Repository[Incident, incident.Event]
    affected: Repository[Affected, affected.Event]
    accounts: Repository[Account, AccountEvent]
    index: IncidentIndex
    vault: SubjectVault
    clock: Clock

    async def load(self, incident_id: str) -> Incident | None:
        loaded = await self.incidents.load(incident_id)
        return loaded.state if loaded else None

    async def seal_note(self, incident_id: str, note: str, once: str) -> str:
        return await self.vault.seal(incident_id, places.INCIDENT_NOTE, note.encode(), once)

    async def note_of(self, known: Incident) -> str:
        ref = known.declared.note_ref
        return (await self.vault.open(known.id, ref, places.INCIDENT_NOTE)).decode() if ref else ""

    async def declare(self, command: Declare, receipt: Receipt[Incident], cause: Cause) -> Done:
        """One that is declared already stays as it is."""
        return await self._execute(command.declared.incident_id, command, cause, receipt)

    async def list_affected(self, incident_id: str, touched: Mapping[str, tuple[Touched, ...]], cause: Cause) -> Listed:
        """Puts accounts on the list; one that is on it stays as it is. Raises Refusal."""
        known = existing(await self.load(incident_id))
        if known.state == "closed":
            raise Obsolete("incident-closed", "The incident is closed.")
        loaded = await asyncio.gather(*(self.accounts.load(account_id) for account_id in touched))
        accounts = [each.state for each in loaded if each is not None]
        now = self.clock.now()
        beginnings = {
            affected_id(incident_id, account.id): (
                PersonListed(incident_id, account.id, account.language, touched[account.id], now),
            )
            for account in accounts
        }
        await self.affected.create_all(beginnings, cause)
        there = {account.id for account in accounts}
        return Listed(len(there), sorted(set(touched) - there))

    async def notify(self, incident_id: str, expected: int, receipt: Receipt[Incident], cause: Cause) -> Done:
        listed = (await self.index.count(incident_id))["listed"]
        return await self._execute(incident_id, Notify(listed, expected, cause.actor), cause, receipt)

    async def inform(
        self, incident_id: str, command: InformAuthority, receipt: Receipt[Incident], cause: Cause
    ) -> Done:
        return await self._execute(incident_id, command, cause, receipt)

    async def close(self, incident_id: str, receipt: Receipt[Incident], cause: Cause) -> Done:
        counts = await self.index.count(incident_id)
        command = Close(counts["listed"] + counts["told"], cause.actor)
        return await self._execute(incident_id, command, cause, receipt)

    async def tell_all(self, incident_id: str, cause: Cause) -> None:
        """Everybody on the list who was not told yet; repeated, it goes on where it was."""
        known = existing(await self.load(incident_id))
        after = ""

        async def tell(person: str) -> None:
            await self.affected.execute(person, lambda now_known: affected.decide(now_known, Tell(known)), cause)

        while found := await self.index.listed(incident_id, after, PAGE):
            await each(found, tell)
            after = found[-1]

    async def record(self, incident_id: str, account_id: str, command: RecordNotice, cause: Cause) -> None:
        """Raises Obsolete where it is known already."""
        person = affected_id(incident_id, account_id)
        await self.affected.execute(person, lambda known: affected.decide(known, command), cause)

    async def _execute(
        self, incident_id: str, command: incident.Command, cause: Cause, receipt: Receipt[Incident]
    ) -> Done:
        return await self.incidents.execute(
            incident_id, lambda known: incident.decide(known, command, self.clock.now()), cause, receipt
        )
