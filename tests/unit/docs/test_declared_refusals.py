"""What the routes of cases declare is what the decider refuses: each list is held against the whole table."""

import pytest

from deploy.docs.interfaces import interface
from services.complaints.cases.state_table.situations import table

COMMANDS = {
    "send-counter-notification": {"SubmitCounterNotification"},
    "answer-counter-notification": {"AcceptCounterNotification", "RejectCounterNotification"},
    "send-supplement": {"SubmitSupplement"},
    "withdraw-complaint": {"Withdraw"},
    "reinstate-listing": {"Reinstate"},
    "decide-case": {"Uphold", "Reject", "RequestSupplement"},
    "determine-dispute": {"DecideDispute"},
}
# What is refused whatever the state, or by who asks: the table of states leaves it out.
BESIDE_THE_TABLE = {
    "reason-unknown",
    "not-a-code",
    "nothing-missing",
    "evidence-not-usable",
    "under-review-by-another",
    "already-under-review",
}


@pytest.mark.parametrize("operation", COMMANDS)
def test_a_route_declares_every_refusal_of_its_commands_and_no_other(operation: str) -> None:
    # given the decider's answers to the commands of the route, over all states
    answers = (answer for (_, command), found in table().items() if command in COMMANDS[operation] for answer in found)
    refused = {answer.text for answer in answers if answer.kind != "events"}
    # when the route's declaration is read
    [route] = [route for route in interface("complaints").routes if route.operation == operation]
    # then they are the same
    assert refused - set(route.problems) == set()
    assert set(route.problems) - refused <= BESIDE_THE_TABLE
