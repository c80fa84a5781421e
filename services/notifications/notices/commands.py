"""Planning a notice, and recording what came of sending it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.notifications.notices import model
from services.notifications.notices.model import Event, Notice, PlanNotice, Result
from shared.eventstore import Cause, Repository
from shared.kernel.clock import Clock


class Planning:
    """`on_planned` is told each new notice once it is durable, so that it is sent at once."""

    def __init__(
        self, notices: Repository[Notice, Event], clock: Clock, on_planned: Callable[[Notice], None] = lambda _: None
    ) -> None:
        self._notices = notices
        self._clock = clock
        self._on_planned = on_planned

    async def plan(self, command: PlanNotice, cause: Cause) -> None:
        """A repeat meets its own notice and changes nothing."""
        events = model.plan(None, command, self._clock.now())
        planned = await self._notices.create(command.notice_id, events, cause)
        if planned is not None:
            self._on_planned(planned.state)


class Recording:
    """What came of an attempt, however late it is written down."""

    def __init__(self, notices: Repository[Notice, Event]) -> None:
        self._notices = notices

    async def record(self, notice: Notice, results: Sequence[Result], at: datetime) -> None:
        """`at`: when it came of it, business time. Results for addresses that are settled already change nothing."""
        cause = Cause("notifications", notice.correlation_id, notice.cause_id)
        await self._notices.execute(notice.id, lambda state: model.record(state, results, at), cause)
