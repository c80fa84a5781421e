"""The outcome processor: `complaints.cases.v1` to the latest outcome of each case, told under three keys.

Table: case id -> outcome. No repartitioning: the re-keyed topics are written from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError

from services.scoring.outcomes.model import Meaning, Outcome, Step, fold, merchant_key
from shared.contracts.complaints import cases
from shared.contracts.envelope import Envelope
from shared.contracts.scoring import outcomes
from shared.contracts.scoring.outcomes import CaseOutcome
from shared.streams.processor import NOTHING, Effects, Processor, Put, Record, Send, Shape, Unreadable

NAME = "scoring.outcomes"
_MEANINGS: Mapping[type[cases.CaseEvent], Meaning] = MappingProxyType(
    {
        cases.ComplaintUpheld: "upheld",
        cases.ComplaintRejected: "rejected",
        cases.ListingTakenDown: "taken_down",
        cases.SupplementReceived: "supplement_received",
        cases.CounterNotified: "countered",
        cases.CounterAccepted: "counter_won",
        cases.DisputeOpened: "disputed",
        cases.ComplaintWithdrawn: "withdrawn",
        cases.ReinstatementOrdered: "reinstatement_ordered",
        cases.ReinstatementDue: "reinstatement_due",
        cases.ListingReinstated: "reinstatement_due",
    }
)
_VALUES = TypeAdapter(Outcome)


def shape(*, version: int = 1, suffix: str = "") -> Shape:
    """What it reads and writes; a rebuild is the next version, on topics with a suffix."""
    outputs = (outcomes.OUTCOMES, outcomes.BY_ACCOUNT, outcomes.BY_MERCHANT)
    return Shape(NAME, {cases.TOPIC.name: cases.TOPIC}, tuple(topic.name + suffix for topic in outputs), version)


class OutcomeProcessor(Processor):
    """Keeps one outcome a case, by partition."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._cases: dict[int, dict[str, Outcome]] = {}

    def restore(self, partition: int, key: str, value: bytes) -> None:
        try:
            outcome = _VALUES.validate_json(value)
        except ValidationError as problem:
            raise Unreadable(f"{problem.error_count()} fields do not fit") from problem
        known = self._cases.setdefault(partition, {}).get(key)
        if known is None or outcome.sequence >= known.sequence:
            self._cases[partition][key] = outcome

    def drop(self, partition: int) -> None:
        self._cases.pop(partition, None)

    def process(self, record: Record) -> Effects:
        if not isinstance(record.data, cases.CaseEvent):
            return NOTHING
        step = step_of(record.envelope, record.data)
        known = self._cases.setdefault(record.partition, {}).get(step.case_id)
        outcome = fold(known, step)
        if step.sequence < outcome.sequence:
            return NOTHING  # a later record of the case is still to come again, and tells what this one would
        self._cases[record.partition][step.case_id] = outcome
        if known is not None and step.sequence > known.sequence and outcome.same_facts(known):
            return NOTHING
        put = Put(step.case_id, _VALUES.dump_json(outcome))
        return Effects((put,), tuple(self._told(outcome, record.envelope)))

    def _told(self, outcome: Outcome, cause: Envelope) -> Iterator[Send]:
        latest, by_account, by_merchant = self.shape.outputs
        envelope = envelope_of(outcome, cause)
        yield Send.of(latest, outcome.case_id, envelope)
        yield Send.of(by_account, outcome.account_id, envelope)
        if outcome.merchant_id is not None:
            yield Send.of(by_merchant, merchant_key(outcome.platform, outcome.merchant_id), envelope)


def step_of(envelope: Envelope, event: cases.CaseEvent) -> Step:
    """The event as the fold reads it."""
    meaning = _MEANINGS.get(type(event), "other")
    if isinstance(event, cases.DisputeDecided) and event.determination == "overturned":
        meaning = "counter_won"
    return Step(
        sequence=envelope.sequence,
        at=envelope.time,
        meaning=meaning,
        case_id=event.case_id,
        account_id=event.account_id,
        principal_id=event.principal_id,
        platform=event.platform,
        listing_id=event.listing_id,
        right_id=event.right_id,
        reason=event.reason,
        merchant_id=event.merchant_id,
        state=event.state,
        filed_at=event.filed_at,
    )


def envelope_of(outcome: Outcome, cause: Envelope) -> Envelope:
    """The same for each repeat: id and time follow from the case's event."""
    facts = asdict(outcome)
    facts["case_sequence"] = facts.pop("sequence")
    facts["points_stand"] = outcome.points_stand
    data = CaseOutcome.model_validate(facts)
    return Envelope(
        id=f"outcome/{outcome.case_id}/{outcome.sequence}",
        source="/scoring/outcomes",
        type=data.type,
        subject=outcome.case_id,
        time=outcome.at,
        dataschema=data.dataschema(),
        sequence=outcome.sequence,
        data=data.model_dump(mode="json"),
        causationid=cause.id,
        correlationid=cause.correlationid,
        traceparent=cause.traceparent,
    )
