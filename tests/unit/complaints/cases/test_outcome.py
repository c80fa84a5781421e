"""What figures count of a case is what scoring folds from its events, whatever happens to the case."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.complaints.cases import model as m
from services.complaints.cases.publishing import published
from services.complaints.cases.state_table.situations import (
    ACCEPT,
    ASK,
    ASK_SERVED,
    COUNTER,
    COUNTER_SERVED,
    DISPUTE,
    DOWN,
    DOWN_SERVED,
    DUE,
    FILE,
    IN_TIME,
    LET_UP,
    LOST,
    REVIEW,
    START,
    TWO_ATTEMPTS,
    UP,
    UPHOLD,
    WITHDRAW,
    WON,
)
from services.complaints.records.figures import Figures
from services.scoring.goodfaith.model import Contribution, Counts
from services.scoring.outcomes.model import Outcome as Folded
from services.scoring.outcomes.model import fold
from services.scoring.streams.outcomes import step_of
from shared.contracts.envelope import Envelope
from shared.kernel.decider import Refusal

REJECT = m.Reject(by="reviewer-1", reason_code="insufficient_support")
SUPPLEMENT = m.SubmitSupplement(by="acc-1", received_at=IN_TIME)
LAPSES = [
    m.ExpireDeadline(deadline_id=f"{kind}:{number}")
    for kind in ("counter-notification", "owner-response", "supplement")
    for number in (1, 2)
]
COMMANDS: list[m.Command] = [
    *(REVIEW, ASK, ASK_SERVED, SUPPLEMENT, UPHOLD, REJECT, DOWN, DOWN_SERVED, COUNTER, COUNTER_SERVED),
    *(ACCEPT, DISPUTE, LOST, WON, WITHDRAW, LET_UP, DUE, UP),
    *LAPSES,
]
# The way through, begun more or less far, so that what follows it is met often.
USUAL: list[m.Command] = [REVIEW, UPHOLD, DOWN, DOWN_SERVED, COUNTER, COUNTER_SERVED]


def told(case: m.Case, event: m.Event, number: int) -> Envelope:
    data = published(case, event)
    return Envelope(
        id=str(number),
        source="/complaints",
        type=data.type,
        subject=case.id,
        time=event.at,
        dataschema=data.dataschema(),
        sequence=number,
        data={},
        causationid="test",
        correlationid="test",
        traceparent="",
    )


@given(st.integers(0, len(USUAL)), st.lists(st.sampled_from(COMMANDS), max_size=25))
def test_the_state_says_what_scoring_folds_from_events(far: int, further: list[m.Command]) -> None:
    case: m.Case | None = None
    folded: Folded | None = None
    number = 0
    for position, command in enumerate([FILE, *USUAL[:far], *further]):
        now = START + timedelta(days=20 if isinstance(command, m.ExpireDeadline) else 0, seconds=position)
        try:
            events = m.decide(case, command, now, TWO_ATTEMPTS)
        except Refusal:
            continue
        for event in events:
            number += 1
            case = m.evolve(case, event)
            folded = fold(folded, step_of(told(case, event, number), published(case, event)))
        assert case is not None and folded is not None
        ours = m.outcome_of(case)
        assert (ours.upheld, ours.rejected) == (
            folded.first_decision == "upheld",
            folded.first_decision == "rejected",
        )
        assert ours.counter_success == folded.counter_success
        assert (ours.countered, ours.withdrawn) == (folded.countered, folded.withdrawn)
        assert m.Outcome.of_code(ours.code()) == ours
        contribution = Contribution(
            sequence=number,
            filed_on=START.date(),
            decided=folded.first_decision is not None,
            upheld=folded.first_decision == "upheld",
            counter_success=folded.counter_success,
        )
        theirs, figures = Counts().with_case(contribution, 1), Figures().plus(1, ours)
        assert (figures.requests, figures.decided, figures.upheld, figures.counter_successes) == theirs
        assert (figures.success_rate, figures.counter_success_rate) == (
            theirs.success_rate,
            theirs.counter_success_rate,
        )
