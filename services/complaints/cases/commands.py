"""Commands on cases: load, decide under the policy in force, commit."""

from collections.abc import Sequence

from services.complaints.cases.model import Case, Command, Event, FileComplaint, decide
from services.complaints.cases.model.refusals import refuse
from services.complaints.cases.rules import rules_for, site_of
from services.complaints.cases.store import OPEN_CLAIM
from shared.eventstore import Cause, Executed, Receipt, Repository, UniqueConflict
from shared.kernel.clock import Clock
from shared.policies.terms import PolicyBook


class Cases:
    """The cases of the platform."""

    def __init__(self, repository: Repository[Case, Event], book: PolicyBook, clock: Clock) -> None:
        self.repository = repository
        self._book = book
        self._clock = clock

    async def execute(
        self, case_id: str, command: Command, cause: Cause, receipt: Receipt[Case] | None = None
    ) -> Executed[Case, Event]:
        """Raises Refusal (or Obsolete) as the decider does; `no-such-case` where there is none."""
        try:
            return await self.repository.execute(case_id, lambda case: self._decide(case, command), cause, receipt)
        except UniqueConflict as conflict:
            # An answer in time reopens a case that silence had ended; meanwhile another may have been filed.
            raise refuse("claim-taken") from conflict

    async def file(self, commands: Sequence[FileComplaint], cause: Cause) -> Sequence[str]:
        """Inserts cases without loading them first; those that were filed already are left alone. The ids of those
        whose right has an open case about the listing, or holds it down, already."""
        now = self._clock.now()
        sites = {(command.platform, site_of(command.listing_id)): command.listing_id for command in commands}
        rules = {site: rules_for(self._book, site[0], listing_id, now) for site, listing_id in sites.items()}
        beginnings = {
            command.case_id: decide(None, command, now, rules[command.platform, site_of(command.listing_id)])
            for command in commands
        }
        refused = await self.repository.create_all(beginnings, cause)
        for conflict in refused.values():
            if conflict.index != OPEN_CLAIM:
                raise conflict
        return tuple(refused)

    async def load(self, case_id: str) -> Case | None:
        loaded = await self.repository.load(case_id)
        return loaded.state if loaded else None

    async def files_of(self, case_id: str) -> Sequence[str]:
        """Uploaded evidence that the case refers to; none where there is no case."""
        case = await self.load(case_id)
        return case.files if case else ()

    def _decide(self, case: Case | None, command: Command) -> tuple[Event, ...]:
        if case is None:
            raise refuse("no-such-case")
        now = self._clock.now()
        return decide(case, command, now, rules_for(self._book, case.platform, case.listing_id, now))
