"""The deadlines of accounts (verification), erasures and privacy requests (the answer), watched by the processor of
`shared.streams.deadlines`."""

from datetime import timedelta

from shared.contracts.deadlines import IDENTITY_DEADLINES
from shared.contracts.identity import accounts, erasures, privacy_requests
from shared.kernel.clock import Clock
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.processor import Shape

NAME = "identity.deadline-processor"


def shape(*, version: int = 1, output: str = IDENTITY_DEADLINES.name) -> Shape:
    """What it reads and writes; a rebuild names a shadow topic and the next version."""
    owners = (accounts.TOPIC, erasures.TOPIC, privacy_requests.TOPIC)
    return Shape(NAME, {topic.name: topic for topic in owners}, (output,), version)


def deadline_processor(clock: Clock, grace: timedelta, *, version: int = 1) -> DeadlineProcessor:
    """grace: `policy.deadlines.expiry_grace`."""
    return DeadlineProcessor(shape(version=version), "identity", clock, grace)
