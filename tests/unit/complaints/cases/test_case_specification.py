"""Every state × every command, against a table that was written by hand from the rules and not from the code.

An answer is `Event>state` (`Event` alone where the state stays), a refusal's code, or `~code` where it is obsolete.
"""

from typing import get_args

import pytest

from services.complaints.cases import model as m
from services.complaints.cases.state_table.situations import NOT_FILED, Answer, table

STATES: tuple[str, ...] = m.STATES
ALL = (NOT_FILED, *STATES)
BEFORE_DECISION = ("received", "under_review", "awaiting_supplement")
DECIDED = ("upheld", "taken_down", "countered", "disputed", "rejected", "accepted", "final", "closed")
NO_REVIEW = dict.fromkeys(DECIDED, "already-decided") | {"withdrawn": "case-withdrawn"}
NEVER_UPHELD = dict.fromkeys((*BEFORE_DECISION, "rejected"), "not-upheld")
NO_COUNTER = dict.fromkeys((*BEFORE_DECISION, "upheld", "taken_down", "rejected", "closed"), "no-counter-pending")
NO_CLOCK = dict.fromkeys(STATES, "~deadline-not-current")
NEVER_HELD = dict.fromkeys((*BEFORE_DECISION, "rejected"), "nothing-to-reinstate")
RELEASED = "~already-reinstated ~reinstatement-already-due"

# command: state: answers, separated by blanks
SPECIFICATION: dict[str, dict[str, str]] = {
    "FileComplaint": {NOT_FILED: "ComplaintFiled>received"} | dict.fromkeys(STATES, "~already-filed"),
    "BeginReview": NO_REVIEW
    | {
        "received": "ReviewBegun>under_review",
        "under_review": "~already-under-review under-review-by-another",
        "awaiting_supplement": "supplement-awaited",
    },
    "RequestSupplement": NO_REVIEW
    | {
        "received": "review-not-begun",
        "under_review": "SupplementRequested>awaiting_supplement",
        "awaiting_supplement": "supplement-awaited",
    },
    "SubmitSupplement": NO_REVIEW
    | {
        "received": "no-supplement-awaited",
        "under_review": "no-supplement-awaited",
        "awaiting_supplement": "SupplementReceived>under_review too-late",
        # in time, though the lapse was computed first; too late; rejected for another reason
        "rejected": "SupplementReceived>under_review too-late already-decided",
    },
    "Uphold": NO_REVIEW
    | {
        "received": "review-not-begun",
        "under_review": "ComplaintUpheld>upheld",
        "awaiting_supplement": "supplement-awaited",
    },
    "Reject": NO_REVIEW
    | {
        "received": "review-not-begun",
        "under_review": "ComplaintRejected>rejected",
        "awaiting_supplement": "supplement-awaited",
    },
    "RecordTakedown": NEVER_UPHELD
    | dict.fromkeys(("taken_down", "countered", "disputed", "accepted", "final", "closed"), "~already-taken-down")
    | {"upheld": "ListingTakenDown>taken_down", "withdrawn": "~case-withdrawn"},
    "RecordService": dict.fromkeys(STATES, "~service-superseded ~starts-no-clock")
    | {"upheld": "~removal-not-acknowledged ~service-superseded ~starts-no-clock"}
    | dict.fromkeys(
        ("awaiting_supplement", "taken_down", "countered"),
        "NoticeServed ~already-served ~service-superseded ~starts-no-clock",
    ),
    "SubmitCounterNotification": NEVER_UPHELD
    | {
        "upheld": "removal-not-acknowledged",
        "taken_down": "CounterNotified>countered too-late",
        "countered": "counter-pending",
        "disputed": "counter-pending",
        "withdrawn": "case-withdrawn",
        "accepted": "counter-already-accepted",
        "final": "finally-decided",
        # in time, though silence was computed first
        "closed": "CounterNotified>countered too-late",
    },
    "AcceptCounterNotification": NO_COUNTER
    | {
        "countered": "CounterAccepted>accepted too-late",
        "disputed": "dispute-open",
        "withdrawn": "case-withdrawn",
        "accepted": "~counter-already-accepted",
        "final": "finally-decided",
    },
    "RejectCounterNotification": NO_COUNTER
    | {
        "countered": "DisputeOpened>disputed too-late",
        "disputed": "~dispute-open",
        "withdrawn": "case-withdrawn",
        # in time, though silence was taken for acceptance first
        "accepted": "DisputeOpened>disputed too-late counter-already-accepted",
        "final": "finally-decided",
    },
    "DecideDispute": dict.fromkeys(
        (*BEFORE_DECISION, "upheld", "taken_down", "countered", "rejected", "closed"), "no-dispute"
    )
    | {
        # the last word; or lost with an attempt left; or asked of who decided first
        "disputed": "DisputeDecided>final DisputeDecided>taken_down decided-first-by-same-reviewer",
        "withdrawn": "case-withdrawn",
        "accepted": "counter-already-accepted",
        "final": "finally-decided",
    },
    "Withdraw": dict.fromkeys((*BEFORE_DECISION, "upheld", "taken_down"), "ComplaintWithdrawn>withdrawn")
    | {
        "countered": "CounterAccepted>accepted",
        "disputed": "CounterAccepted>accepted",
        "rejected": "case-rejected",
        "withdrawn": "~case-withdrawn",
        "accepted": "~counter-already-accepted",
        "final": "ComplaintWithdrawn>withdrawn no-removal-stands",
        "closed": "ComplaintWithdrawn>withdrawn no-removal-stands",
    },
    "ExpireDeadline": NO_CLOCK
    | {
        "awaiting_supplement": "ComplaintRejected>rejected ~deadline-not-current ~deadline-not-due ~deadline-undated",
        "taken_down": "CaseClosed>closed ~deadline-not-current ~deadline-not-due ~deadline-undated",
        "countered": "CounterAccepted>accepted ~deadline-not-current ~deadline-not-due ~deadline-undated",
    },
    "RecordReinstatementDue": NEVER_HELD
    | {"upheld": "~still-holds", "withdrawn": f"ReinstatementDue nothing-to-reinstate {RELEASED}"}
    | dict.fromkeys(
        ("taken_down", "countered", "disputed", "final", "closed"), f"ReinstatementDue ~still-holds {RELEASED}"
    )
    | {"accepted": f"ReinstatementDue {RELEASED}"},
    "RecordReinstated": NEVER_HELD
    | {"upheld": "~still-holds", "withdrawn": "ListingReinstated nothing-to-reinstate ~already-reinstated"}
    | dict.fromkeys(
        ("taken_down", "countered", "disputed", "final", "closed"),
        "ListingReinstated ~still-holds ~already-reinstated",
    )
    | {"accepted": "ListingReinstated ~already-reinstated"},
    "Reinstate": NEVER_UPHELD
    | {"upheld": "removal-not-acknowledged", "withdrawn": "no-removal-stands", "accepted": "no-removal-stands"}
    | dict.fromkeys(
        ("taken_down", "countered", "disputed", "final", "closed"), "ReinstatementOrdered no-removal-stands"
    ),
    "AmendDeadline": NO_CLOCK
    | dict.fromkeys(
        ("awaiting_supplement", "taken_down", "countered"), "DeadlineAmended ~deadline-not-current ~deadline-unchanged"
    ),
}


def _expected(state: str, command: str) -> set[str]:
    if state == NOT_FILED and command != "FileComplaint":
        return {"no-such-case"}
    return set(SPECIFICATION[command][state].split())


def _told(answer: Answer, state: str) -> str:
    if answer.kind == "events":
        return answer.text if answer.state == state else f"{answer.text}>{answer.state}"
    return f"~{answer.text}" if answer.kind == "obsolete" else answer.text


def test_the_specification_names_every_command_and_every_state() -> None:
    assert set(SPECIFICATION) == {kind.__name__ for kind in get_args(m.Command)}
    for command, row in SPECIFICATION.items():
        assert set(row) | {NOT_FILED} == set(ALL), command


@pytest.mark.parametrize("command", list(SPECIFICATION))
def test_every_state_answers_as_specified(command: str) -> None:
    answers = table()
    for state in ALL:
        assert {_told(answer, state) for answer in answers[state, command]} == _expected(state, command), state
