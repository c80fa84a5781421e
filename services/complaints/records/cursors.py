"""Where a page ended: the next begins behind it, whatever was filed meanwhile."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from shared.kernel.decider import Refusal

_END = datetime(9999, 1, 1, tzinfo=UTC)
_MOST = 60 * 24 * 10_000  # minutes; whatever a cursor says


@dataclass(frozen=True)
class Cursor:
    """What follows was filed before this case, or with it and has a lower number. `case_id` is empty where the page
    ended between cases, its time being up; `minutes` is how much of the time of filing is then read first."""

    filed_at: datetime
    case_id: str = ""
    minutes: int = 0

    def written(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.filed_at, self.case_id, self.minutes])).decode()

    def is_before(self, filed_at: datetime, case_id: str) -> bool:
        """Whether the case comes after the page that ended here."""
        return (filed_at, case_id) < (self.filed_at, self.case_id)


def read_cursor(text: str) -> Cursor:
    """Raises Refusal `cursor-not-valid`."""
    try:
        filed_at, case_id, minutes = orjson.loads(base64.urlsafe_b64decode(text.encode()))
        place = datetime.fromisoformat(filed_at).astimezone(UTC)
        if place >= _END:
            raise ValueError(filed_at)
        return Cursor(place, str(case_id), min(max(0, int(minutes)), _MOST))
    except (ValueError, TypeError, OverflowError, binascii.Error) as problem:
        raise Refusal("cursor-not-valid", "This is no cursor of ours.", "Start again without a cursor.") from problem
