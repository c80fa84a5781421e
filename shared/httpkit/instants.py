"""Times in requests: an instant of UTC, or refused."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def _in_utc(moment: datetime) -> datetime:
    """Without a zone it is UTC. Raises ValueError for a time that the calendar of UTC does not have."""
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError as problem:
        raise ValueError("the time is out of range") from problem


Instant = Annotated[datetime, AfterValidator(_in_utc)]
"""A field of a query or body: the store knows no other times."""
