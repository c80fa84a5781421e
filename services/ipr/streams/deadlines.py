"""The deadlines of rights (authentication target, expiry), watched by the processor of `shared.streams.deadlines`."""

from datetime import timedelta

from shared.contracts.deadlines import IPR_DEADLINES
from shared.contracts.ipr import rights
from shared.kernel.clock import Clock
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.processor import Shape

NAME = "ipr.deadline-processor"


def shape(*, version: int = 1, output: str = IPR_DEADLINES.name) -> Shape:
    """What it reads and writes; a rebuild names a shadow topic and the next version."""
    return Shape(NAME, {rights.TOPIC.name: rights.TOPIC}, (output,), version)


def deadline_processor(clock: Clock, grace: timedelta, *, version: int = 1) -> DeadlineProcessor:
    """grace: `policy.deadlines.expiry_grace`."""
    return DeadlineProcessor(shape(version=version), "ipr", clock, grace)
