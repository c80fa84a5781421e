"""Commands that are wrong in one thing each: what a mistake in a decider or around it would do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import Case, Command, Event, ExpireDeadline, SubmitCounterNotification, decide
from services.complaints.cases.rules import rules_for
from services.complaints.intake import model as intake
from services.complaints.intake.checks import Notice, RightFacts
from services.complaints.intake.commands import Intake
from services.complaints.intake.replicas import right_facts
from services.complaints.measures import model as measures
from services.complaints.measures.commands import Measures
from shared.eventstore import Cause, Executed, Receipt
from shared.kernel.ids import random_id
from shared.policies.calendars import Deadline


class BelievesEveryExpiry(Cases):
    """Does not ask the time when a processor says that a deadline is over."""

    def _decide(self, case: Case | None, command: Command) -> tuple[Event, ...]:
        if case is not None and isinstance(command, ExpireDeadline) and isinstance(case.running, Deadline):
            over = case.running.due + timedelta(hours=1)
            return decide(case, command, over, rules_for(self._book, case.platform, case.listing_id, over))
        return super()._decide(case, command)


class _ReceivedElsewhen(Cases):
    """Judges an answer by another time than that of its receipt."""

    shift = timedelta()

    def _decide(self, case: Case | None, command: Command) -> tuple[Event, ...]:
        if isinstance(command, SubmitCounterNotification):
            command = replace(command, received_at=command.received_at + self.shift)
        return super()._decide(case, command)


class CountsTheWayIn(_ReceivedElsewhen):
    """Too strict: an answer in the last hours before its deadline is too late."""

    shift = timedelta(hours=2)


class ForgivesALateAnswer(_ReceivedElsewhen):
    """Too lenient: an answer of the day after still counts."""

    shift = timedelta(days=-1)


class KeyNotBound(Intake):
    """Numbers a submission by chance: a retry is a submission of its own."""

    async def file(
        self,
        account_id: str,
        notice: Notice,
        right_id: str,
        evidence: str,
        cause: Cause,
        receipt: Receipt[intake.Submission],
    ) -> Executed[intake.Submission, intake.Event]:
        number = intake.submission_number(account_id, random_id("key"))
        known = await self._rights.begin_get(right_id)
        assert known is not None
        facts = right_facts(right_id, known)
        started = await self._start(number, account_id, notice, facts, evidence, cause, receipt)
        assert started is not None
        return await self._finish(started, cause, receipt)

    async def _taken(self, account_id: str, notice: Notice, right: RightFacts) -> dict[str, str]:
        return {}


class NeverSweeps(Intake):
    """Leaves unfinished what a crash left unfinished."""

    async def _look(self, seen: frozenset[str], *, all_of_them: bool = False) -> frozenset[str]:
        return seen


class RemovesForEachHold(Measures):
    """Sends a command for every hold, not for the first alone."""

    def _decide(self, measure: measures.Measure | None, command: measures.Command) -> tuple[measures.Event, ...]:
        return tuple(_with_command(measure, event, "remove") for event in super()._decide(measure, command))


class ReinstatesAtEachRelease(Measures):
    """Lets the listing up though another case still holds it."""

    def _decide(self, measure: measures.Measure | None, command: measures.Command) -> tuple[measures.Event, ...]:
        return tuple(_with_command(measure, event, "reinstate") for event in super()._decide(measure, command))


def _with_command(
    measure: measures.Measure | None, event: measures.Event, kind: measures.CommandKind
) -> measures.Event:
    changed: dict[str, type[Any]] = {"remove": measures.HoldPlaced, "reinstate": measures.HoldReleased}
    if measure is None or not isinstance(event, changed[kind]) or event.command is not None:
        return event
    number = f"{measure.listing_id}#{measure.commands + 1}"
    sent: measures.Event = replace(event, command=measures.MarketplaceCommand(id=number, kind=kind))
    return sent
