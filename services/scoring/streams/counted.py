"""An outcome as the Good Faith processor reads it: the fields that count, and no more."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.envelope import Envelope, Undecodable, check_version
from shared.contracts.scoring.outcomes import CaseOutcome

_DECISIONS = (None, "upheld", "rejected")
_OUTCOME_SCHEMA = CaseOutcome.dataschema()


@dataclass(slots=True)
class CountedOutcome:
    """The fields of `CaseOutcome` that count here; reading all of them takes three times as long."""

    case_id: str
    case_sequence: int
    account_id: str
    principal_id: str | None
    filed_at: datetime
    first_decision: str | None
    counter_success: bool

    @classmethod
    def read(cls, envelope: Envelope) -> "CountedOutcome":
        """Raises Undecodable, NewerVersion."""
        if envelope.dataschema != _OUTCOME_SCHEMA:
            check_version(envelope, CaseOutcome)
        data = envelope.data
        try:
            one = cls(
                data["case_id"],
                data["case_sequence"],
                data["account_id"],
                data.get("principal_id"),
                datetime.fromisoformat(data["filed_at"]),
                data.get("first_decision"),
                data.get("counter_success", False),
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise Undecodable(f"{envelope.type}: {problem!r}") from problem
        if not (
            isinstance(one.case_id, str)
            and isinstance(one.case_sequence, int)
            and isinstance(one.account_id, str)
            and (one.principal_id is None or isinstance(one.principal_id, str))
            and one.filed_at.tzinfo is not None
            and one.first_decision in _DECISIONS
            and isinstance(one.counter_success, bool)
        ):
            raise Undecodable(f"{envelope.type}: fields do not fit")
        return one
