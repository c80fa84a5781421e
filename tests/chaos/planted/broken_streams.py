"""Processors that are wrong in one thing each."""

from collections.abc import Callable
from datetime import timedelta

from services.complaints.streams.deadlines import shape
from services.scoring.outcomes.model import merchant_key
from services.scoring.streams.outcomes import OutcomeProcessor
from services.scoring.streams.penalties import PenaltyProcessor
from shared.contracts.scoring.outcomes import CaseOutcome
from shared.kernel.clock import Clock
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.processor import Effects, Processor, Record, Send, Shape
from tests.chaos.planted.world import RULES


def fires_early(clock: Clock, seconds: Callable[[], float]) -> Processor:
    """A month before the deadline is over."""
    return DeadlineProcessor(shape(), "complaints", clock, -timedelta(days=30), seconds=seconds)


class _Forgetful(DeadlineProcessor):
    def restore(self, partition: int, key: str, value: bytes) -> None:
        return


def forgets_deadlines(clock: Clock, seconds: Callable[[], float]) -> Processor:
    """Does not read its table back after a restart."""
    return _Forgetful(shape(), "complaints", clock, timedelta(seconds=60), seconds=seconds)


class ForgetsOutcomes(OutcomeProcessor):
    """Goes on after a restart as if no case had a past."""

    def restore(self, partition: int, key: str, value: bytes) -> None:
        return


class TellsTheStateBefore(OutcomeProcessor):
    """Sends what it knew before the record."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self._before: dict[str, tuple[Send, ...]] = {}

    def process(self, record: Record) -> Effects:
        effects = super().process(record)
        if not effects.sends:
            return effects
        before = self._before.get(record.key, effects.sends)
        self._before[record.key] = effects.sends
        return Effects(effects.writes, before)


class CountsRepeats(PenaltyProcessor):
    """Takes a record that comes again for one of another case."""

    def process(self, record: Record) -> Effects:
        data = record.data
        if isinstance(data, CaseOutcome) and data.merchant_id is not None:
            book = self._book(record.partition, merchant_key(data.platform, data.merchant_id))
            known = book.scores.get(data.case_id)
            if known is not None and data.case_sequence <= known.sequence:
                again = data.model_copy(update={"case_id": f"{data.case_id}#again"})
                record = Record(record.topic, record.partition, record.key, record.envelope, again)
        return super().process(record)


def counts_repeats(shape: Shape) -> Processor:
    return CountsRepeats(shape, RULES.penalties)
