"""The decider of a case: every command in every state is events or a named refusal."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.complaints.cases.model import commands as c
from services.complaints.cases.model import counter, ending, review
from services.complaints.cases.model.events import Event
from services.complaints.cases.model.refusals import refuse
from services.complaints.cases.model.state import Case, Rules

_Decision = Callable[[Case, Any, datetime, Rules], tuple[Event, ...]]
DECISIONS: Mapping[type[c.Command], _Decision] = {
    c.FileComplaint: review.file_again,
    c.BeginReview: review.begin_review,
    c.RequestSupplement: review.request_supplement,
    c.SubmitSupplement: review.submit_supplement,
    c.Uphold: review.uphold,
    c.Reject: review.reject,
    c.RecordTakedown: counter.record_takedown,
    c.RecordService: counter.record_service,
    c.SubmitCounterNotification: counter.submit_counter,
    c.AcceptCounterNotification: counter.accept_counter,
    c.RejectCounterNotification: counter.reject_counter,
    c.DecideDispute: counter.decide_dispute,
    c.Withdraw: ending.withdraw,
    c.ExpireDeadline: ending.expire,
    c.RecordReinstatementDue: ending.record_reinstatement_due,
    c.RecordReinstated: ending.record_reinstated,
    c.Reinstate: ending.reinstate,
    c.AmendDeadline: ending.amend_deadline,
}


def decide(case: Case | None, command: c.Command, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """What the command does to the case; raises Refusal or Obsolete and nothing else.

    now: business time, UTC; rules: the policy of the case's platform that holds now.
    """
    if case is not None:
        return DECISIONS[type(command)](case, command, now, rules)
    if isinstance(command, c.FileComplaint):
        return review.file_complaint(command, now, rules)
    raise refuse("no-such-case")
