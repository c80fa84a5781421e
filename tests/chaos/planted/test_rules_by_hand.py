"""The checker's rules are written by hand; here they are held against the tables of the platform, so that a rule that
changes on purpose is changed in both."""

import re
from collections import defaultdict

from services.complaints.cases.model import OPEN_STATES, STATES
from services.complaints.cases.state_table.situations import NOT_FILED, table
from services.notifications.notices import plans
from shared.contracts.catalogue import TOPICS
from shared.policies.loading import load_policy_book
from tests.chaos.checker.catalogue import AGGREGATES, SERVICES
from tests.chaos.checker.rules import ENDS, GRACE, NOTICES, OPEN, PROMISED, STEPS
from tests.chaos.planted.world import START


def _public(name: str) -> str:
    """`ComplaintFiled` → `complaint-filed`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def test_the_steps_are_those_of_the_state_table() -> None:
    allowed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (state, _), answers in table().items():
        for answer in answers:
            if answer.kind == "events":
                before = "" if state == NOT_FILED else state
                allowed[before, _public(answer.text)].add(answer.state)
    assert {step: set(after) for step, after in STEPS.items()} == dict(allowed)


def test_every_state_is_open_or_an_end() -> None:
    assert set(STATES) == OPEN | ENDS
    assert set(OPEN_STATES) == OPEN
    assert not OPEN & ENDS


def test_the_grace_is_the_policys() -> None:
    assert load_policy_book().at(START).deadlines.expiry_grace == GRACE


def test_notices_are_those_that_are_planned() -> None:
    planned: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in plans.CASES:
        planned[row.event.type.rpartition(".")[2]].add((row.party, row.template))
    assert {name: set(told) for name, told in NOTICES.items()} == dict(planned)


def test_what_is_promised_is_an_event_that_there_is() -> None:
    public = {event.type.rpartition(".")[2] for topic in TOPICS for event in topic.events}
    assert {_public(name) for names in PROMISED.values() for name in names} <= public


def test_collections_are_named_by_their_service() -> None:
    assert {collection.partition(".")[0] for collection in AGGREGATES} <= set(SERVICES)
