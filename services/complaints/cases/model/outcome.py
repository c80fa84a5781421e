"""How far a case came, as figures count it: a word of a few letters, so that an index can carry it.

Definitions: DOMAIN "Good Faith Program". They are scoring's (`services/scoring/outcomes`), which folds them from
events; here they follow from the state. A test holds the two against each other over whatever may happen to a case.
"""

from dataclasses import dataclass

from services.complaints.cases.model.state import Case

_UPHELD, _REJECTED, _WITHDRAWN, _COUNTERED, _COUNTER_WON = "u", "r", "w", "c", "s"


@dataclass(frozen=True, slots=True)
class Outcome:
    """upheld, rejected: at first decision, a lapsed supplement being a rejection; withdrawn: by the complainant,
    unless that accepted a counter-notification; countered: answered by one; counter_success: one that was accepted,
    deemed accepted or won in the final determination."""

    upheld: bool
    rejected: bool
    withdrawn: bool
    countered: bool
    counter_success: bool

    @property
    def decided(self) -> bool:
        return self.upheld or self.rejected

    def code(self) -> str:
        """The letters of what is true: `ucs` was upheld, countered and lost to the counter-notification."""
        flags = (self.upheld, self.rejected, self.withdrawn, self.countered, self.counter_success)
        letters = (_UPHELD, _REJECTED, _WITHDRAWN, _COUNTERED, _COUNTER_WON)
        return "".join(letter for letter, flag in zip(letters, flags, strict=True) if flag)

    @classmethod
    def of_code(cls, code: str) -> "Outcome":
        return cls(_UPHELD in code, _REJECTED in code, _WITHDRAWN in code, _COUNTERED in code, _COUNTER_WON in code)


def outcome_of(case: Case) -> Outcome:
    """What is known of the case now. An answer in time undoes what silence had brought about, and so changes it."""
    overturned = case.state == "final" and case.ended_because == "overturned"
    return Outcome(
        upheld=case.upheld_by is not None,
        rejected=case.upheld_by is None and case.state == "rejected",
        withdrawn=case.state == "withdrawn",
        countered=case.attempts > 0,
        counter_success=case.state == "accepted" or overturned,
    )
