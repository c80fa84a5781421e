"""Commands on cases: load, decide under the policy in force, commit."""

from services.complaints.cases.model import Case, Command, Event, FileComplaint, decide
from services.complaints.cases.model.refusals import refuse
from services.complaints.cases.rules import rules_for
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

    async def file(self, command: FileComplaint, cause: Cause) -> Executed[Case, Event] | None:
        """Inserts a case without loading it first. None: it was filed already. Raises UniqueConflict where the same
        right has an open case, or holds the listing down, already."""
        rules = rules_for(self._book, command.platform, command.listing_id, self._clock.now())
        events = decide(None, command, self._clock.now(), rules)
        return await self.repository.create(command.case_id, events, cause)

    async def load(self, case_id: str) -> Case | None:
        loaded = await self.repository.load(case_id)
        return loaded.state if loaded else None

    def _decide(self, case: Case | None, command: Command) -> tuple[Event, ...]:
        if case is None:
            raise refuse("no-such-case")
        now = self._clock.now()
        return decide(case, command, now, rules_for(self._book, case.platform, case.listing_id, now))
