"""The deadlines of cases and listing measures, watched by the processor of `shared.streams.deadlines`."""

from datetime import timedelta

from shared.contracts.complaints import cases, measures
from shared.contracts.deadlines import COMPLAINTS_DEADLINES
from shared.kernel.clock import Clock
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.processor import Shape

NAME = "complaints.deadline-processor"


def shape(*, version: int = 1, output: str = COMPLAINTS_DEADLINES.name) -> Shape:
    """What it reads and writes; a rebuild names a shadow topic and the next version."""
    return Shape(NAME, {cases.TOPIC.name: cases.TOPIC, measures.TOPIC.name: measures.TOPIC}, (output,), version)


def deadline_processor(clock: Clock, grace: timedelta, *, version: int = 1) -> DeadlineProcessor:
    """grace: `policy.deadlines.expiry_grace`."""
    return DeadlineProcessor(shape(version=version), "complaints", clock, grace)
