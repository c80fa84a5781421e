"""What an invariant says when it does not hold."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """invariant: `I1` to `I10`; subject: the case, listing, key or processor; story: what happened, in sentences that
    name events and where they stand (`topic partition@offset`), so that a person can look."""

    invariant: str
    subject: str
    story: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}: {self.story}"
