"""Commands on listing measures: load, decide under the policy in force, commit."""

from datetime import timedelta

from services.complaints.measures.model import Command, Event, Measure, Rules, decide
from shared.eventstore import Cause, Executed, Repository
from shared.kernel.clock import Clock
from shared.policies.terms import PolicyBook


class Measures:
    """What holds each listing down."""

    def __init__(self, repository: Repository[Measure, Event], book: PolicyBook, clock: Clock) -> None:
        self._repository = repository
        self._book = book
        self._clock = clock

    async def execute(self, listing_id: str, command: Command, cause: Cause) -> Executed[Measure, Event]:
        """Raises Refusal or Obsolete as the decider does."""
        return await self._repository.execute(listing_id, lambda measure: self._decide(measure, command), cause)

    def _decide(self, measure: Measure | None, command: Command) -> tuple[Event, ...]:
        now = self._clock.now()
        policy = self._book.at(now)
        rules = Rules(
            version=policy.version,
            retry_first=timedelta(minutes=policy.service.command_retry_first_minutes),
            retry_limit=timedelta(minutes=policy.service.command_retry_limit_minutes),
        )
        return decide(measure, command, now, rules)
