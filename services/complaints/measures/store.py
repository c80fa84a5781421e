"""How listing measures are kept: one document a listing, its canonical id the key."""

from services.complaints.measures.model import EVENTS, Event, Measure, evolve
from services.complaints.measures.publishing import publish
from shared.eventstore import AggregateType

MEASURES: AggregateType[Measure, Event] = AggregateType(
    kind="measure",
    collection="measures",
    state=Measure,
    events=EVENTS,
    evolve=evolve,
    publish=publish,
    index=lambda measure: {"platform": measure.platform, "state": measure.state, "failures": measure.failures},
)
