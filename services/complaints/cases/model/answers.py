"""Who acted, under which policy, and whether an answer came in time."""

import re
from datetime import datetime
from typing import TypedDict

from services.complaints.cases.model.refusals import refuse
from services.complaints.cases.model.state import Rules, RunningDeadline
from shared.policies.calendars import is_in_time

_CODE = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class Stamp(TypedDict):
    """What every event says of its making."""

    at: datetime
    by: str
    policy_version: str


def stamp(now: datetime, by: str, rules: Rules) -> Stamp:
    return {"at": now, "by": by, "policy_version": rules.version}


def require_in_time(deadline: RunningDeadline | None, received_at: datetime) -> None:
    """An answer counts if it was received before `due`, and always while no clock runs or its end is unknown.

    Only the time of receipt decides: neither when the answer is handled nor whether the expiry came first.
    """
    if deadline is not None and not is_in_time(deadline, received_at):
        raise refuse("too-late")


def require_code(reason: str) -> None:
    """Reasons travel in events and on topics: a code says why without saying anything about a person."""
    if not _CODE.fullmatch(reason):
        raise refuse("not-a-code")
