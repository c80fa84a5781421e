"""What can become of a complaint, and what must be true of it at the end (DOMAIN: states of a case)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    REJECTED = "rejected"
    SUPPLEMENT_ANSWERED = "supplement answered, then upheld"
    SUPPLEMENT_LAPSED = "supplement lapsed"
    SILENT = "merchant silent"
    TOO_LATE = "merchant answers too late"
    COUNTER_ACCEPTED = "counter-notification accepted"
    COUNTER_UNANSWERED = "owner silent"
    COUNTER_WITHDRAWN = "withdrawn while countered"
    DISPUTE_UPHELD = "dispute upheld"
    DISPUTE_OVERTURNED = "dispute overturned"
    WITHDRAWN_UNREAD = "withdrawn before review"
    WITHDRAWN_IN_REVIEW = "withdrawn during review"
    WITHDRAWN_AFTER = "withdrawn after takedown"


@dataclass(frozen=True)
class End:
    """The final state; `word` is the reason, the way of acceptance, the determination or why it was closed;
    `holds`: the case still wants its listing down."""

    state: str
    word: str
    holds: bool = False


REJECTION_REASON = "insufficient_support"
WITHDRAWAL_REASON = "settled"

ENDS: Mapping[Fate, End] = {
    Fate.REJECTED: End("rejected", REJECTION_REASON),
    Fate.SUPPLEMENT_ANSWERED: End("closed", "merchant_silent", holds=True),
    Fate.SUPPLEMENT_LAPSED: End("rejected", "supplement_lapsed"),
    Fate.SILENT: End("closed", "merchant_silent", holds=True),
    Fate.TOO_LATE: End("closed", "merchant_silent", holds=True),
    Fate.COUNTER_ACCEPTED: End("accepted", "by_owner"),
    Fate.COUNTER_UNANSWERED: End("accepted", "deemed_by_silence"),
    Fate.COUNTER_WITHDRAWN: End("accepted", "by_withdrawal"),
    Fate.DISPUTE_UPHELD: End("final", "upheld", holds=True),
    Fate.DISPUTE_OVERTURNED: End("final", "overturned"),
    Fate.WITHDRAWN_UNREAD: End("withdrawn", WITHDRAWAL_REASON),
    Fate.WITHDRAWN_IN_REVIEW: End("withdrawn", WITHDRAWAL_REASON),
    Fate.WITHDRAWN_AFTER: End("withdrawn", WITHDRAWAL_REASON),
}

UPHELD = frozenset(
    {
        Fate.SUPPLEMENT_ANSWERED,
        Fate.SILENT,
        Fate.TOO_LATE,
        Fate.COUNTER_ACCEPTED,
        Fate.COUNTER_UNANSWERED,
        Fate.COUNTER_WITHDRAWN,
        Fate.DISPUTE_UPHELD,
        Fate.DISPUTE_OVERTURNED,
        Fate.WITHDRAWN_AFTER,
    }
)
COUNTERED = frozenset(
    {
        Fate.COUNTER_ACCEPTED,
        Fate.COUNTER_UNANSWERED,
        Fate.COUNTER_WITHDRAWN,
        Fate.DISPUTE_UPHELD,
        Fate.DISPUTE_OVERTURNED,
    }
)
DISPUTED = frozenset({Fate.DISPUTE_UPHELD, Fate.DISPUTE_OVERTURNED})
# Accepted, deemed accepted or won: a success of the counter-notification (DOMAIN: Good Faith Program).
COUNTER_SUCCESSES = COUNTERED - {Fate.DISPUTE_UPHELD}
RELEASED = frozenset(fate for fate in UPHELD if not ENDS[fate].holds)

# Of a hundred complaints of an ordinary account; the rest end by the merchant's silence.
_SHARES: Mapping[Fate, int] = {
    Fate.REJECTED: 12,
    Fate.SUPPLEMENT_ANSWERED: 5,
    Fate.SUPPLEMENT_LAPSED: 4,
    Fate.TOO_LATE: 3,
    Fate.COUNTER_ACCEPTED: 5,
    Fate.COUNTER_UNANSWERED: 5,
    Fate.COUNTER_WITHDRAWN: 3,
    Fate.DISPUTE_UPHELD: 5,
    Fate.DISPUTE_OVERTURNED: 4,
    Fate.WITHDRAWN_UNREAD: 3,
    Fate.WITHDRAWN_IN_REVIEW: 3,
    Fate.WITHDRAWN_AFTER: 4,
}


def deck(size: int) -> list[Fate]:
    """So many fates in the usual shares, each kind at least once where there is room for all."""
    if size <= len(_SHARES):
        return [Fate.SILENT, *_SHARES][:size]
    fates: list[Fate] = []
    for fate, share in _SHARES.items():
        fates += [fate] * max(round(size * share / 100), 1)
    return (fates + [Fate.SILENT] * (size - len(fates)))[:size]
