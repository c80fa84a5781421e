"""What the people of a case mean to do; what comes of it depends on what is faster."""

import random
from enum import StrEnum


class Intent(StrEnum):
    SILENT = "nobody says anything after the takedown"
    REJECT = "the reviewer rejects"
    WITHDRAW_UNREAD = "withdrawn before review"
    WITHDRAW_IN_REVIEW = "withdrawn during review"
    WITHDRAW_DOWN = "withdrawn after the takedown"
    SUPPLEMENT = "the supplement is sent at once"
    SUPPLEMENT_LAPSES = "no supplement is sent"
    SUPPLEMENT_RACES = "the supplement is sent about its deadline"
    COUNTER_ACCEPTED = "countered, accepted by the owner"
    COUNTER_WITHDRAWN = "countered, withdrawn by the owner"
    COUNTER_SILENCE = "countered, the owner says nothing"
    COUNTER_UPHELD = "countered, disputed, upheld"
    COUNTER_OVERTURNED = "countered, disputed, overturned"
    COUNTER_RACES = "countered about the deadline"
    RESPONSE_RACES = "countered, answered by the owner about the deadline"


_WEIGHTS: dict[Intent, int] = {
    Intent.SILENT: 22,
    Intent.REJECT: 10,
    Intent.WITHDRAW_UNREAD: 4,
    Intent.WITHDRAW_IN_REVIEW: 4,
    Intent.WITHDRAW_DOWN: 6,
    Intent.SUPPLEMENT: 4,
    Intent.SUPPLEMENT_LAPSES: 3,
    Intent.SUPPLEMENT_RACES: 5,
    Intent.COUNTER_ACCEPTED: 6,
    Intent.COUNTER_WITHDRAWN: 4,
    Intent.COUNTER_SILENCE: 5,
    Intent.COUNTER_UPHELD: 6,
    Intent.COUNTER_OVERTURNED: 5,
    Intent.COUNTER_RACES: 8,
    Intent.RESPONSE_RACES: 8,
}
COUNTERED = frozenset(
    {
        Intent.COUNTER_ACCEPTED,
        Intent.COUNTER_WITHDRAWN,
        Intent.COUNTER_SILENCE,
        Intent.COUNTER_UPHELD,
        Intent.COUNTER_OVERTURNED,
        Intent.COUNTER_RACES,
        Intent.RESPONSE_RACES,
    }
)
SUPPLEMENTED = frozenset({Intent.SUPPLEMENT, Intent.SUPPLEMENT_LAPSES, Intent.SUPPLEMENT_RACES})


def intent_of(seed: int, listing_id: str, right_id: str) -> Intent:
    """The same for a right and a listing each time it is asked, so that nobody has to keep it."""
    rng = random.Random(f"{seed}|intent|{listing_id}|{right_id}")
    return rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
