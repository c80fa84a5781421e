"""Placing and releasing a legal hold. Several may be on an account; each ends by its own release and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.identity.accounts.model import Account, Event, LegalHoldPlaced, LegalHoldReleased, existing
from shared.kernel.decider import Refusal


@dataclass(frozen=True)
class PlaceHold:
    """today: in the zone of the retention rules."""

    hold_id: str
    reason: str
    reference: str
    review_on: date
    by: str
    today: date


@dataclass(frozen=True)
class ReleaseHold:
    hold_id: str
    reason: str
    by: str


@dataclass(frozen=True)
class Hold:
    """As the history tells it. released_at: None while it holds."""

    hold_id: str
    reason: str
    reference: str
    review_on: date
    placed_by: str
    placed_at: datetime
    release_reason: str = ""
    released_by: str = ""
    released_at: datetime | None = None

    def review_is_due(self, today: date) -> bool:
        return self.released_at is None and self.review_on <= today


def place(account: Account | None, command: PlaceHold, now: datetime) -> tuple[Event, ...]:
    """Whatever the account's standing: also a closed one is held. Raises Refusal. A repeat changes nothing."""
    known = existing(account)
    if command.hold_id in known.legal_holds:
        return ()
    if command.review_on <= command.today:
        mend = "Name a later day."
        raise Refusal("review-in-the-past", "A hold is to be reviewed on a day that is still to come.", mend)
    placed = LegalHoldPlaced(command.hold_id, command.reason, command.reference, command.review_on, command.by, now)
    return (placed,)


def release(account: Account | None, command: ReleaseHold, now: datetime) -> tuple[Event, ...]:
    """Raises Refusal."""
    if command.hold_id not in existing(account).legal_holds:
        raise Refusal("no-such-hold", "The account is not under this hold.", "Look at the account's holds.")
    return (LegalHoldReleased(command.hold_id, command.reason, command.by, now),)


def holds_in(history: Iterable[Event]) -> tuple[Hold, ...]:
    """All that ever were, the oldest first."""
    holds: dict[str, Hold] = {}
    for event in history:
        match event:
            case LegalHoldPlaced(hold_id, reason, reference, review_on, by, at):
                holds[hold_id] = Hold(hold_id, reason, reference, review_on, by, at)
            case LegalHoldReleased(hold_id, reason, by, at):
                known = holds[hold_id]
                holds[hold_id] = Hold(
                    hold_id,
                    known.reason,
                    known.reference,
                    known.review_on,
                    known.placed_by,
                    known.placed_at,
                    reason,
                    by,
                    at,
                )
            case _:
                pass
    return tuple(holds.values())
