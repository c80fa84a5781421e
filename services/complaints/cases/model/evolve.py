"""What each event makes of a case."""

from dataclasses import replace
from typing import Any

from services.complaints.cases.model import events as e
from services.complaints.cases.model.state import SUPPLEMENT_LAPSED, Case


def evolve(case: Case | None, event: e.Event) -> Case:
    """The case after the event; total over what `decide` may say."""
    if isinstance(event, e.ComplaintFiled):
        return _filed(event)
    if case is None:
        raise ValueError(f"{type(event).__name__} cannot be the first event of a case")
    changes = _review(case, event) or _counter(case, event) or _ending(case, event)
    return replace(case, **{"policy_version": event.policy_version, **changes})


def _filed(event: e.ComplaintFiled) -> Case:
    return Case(
        id=event.case_id,
        submission_id=event.submission_id,
        account_id=event.account_id,
        principal_id=event.principal_id,
        platform=event.platform,
        listing_id=event.listing_id,
        right_id=event.right_id,
        right_fingerprint=event.right_fingerprint,
        complaint_type=event.complaint_type,
        reason=event.reason,
        evidence=event.evidence,
        files=event.files,
        filed_at=event.at,
        policy_version=event.policy_version,
        state="received",
    )


def _review(case: Case, event: e.Event) -> dict[str, Any]:
    match event:
        case e.ReviewBegun():
            return {"state": "under_review", "reviewer_id": event.by}
        case e.SupplementRequested():
            return {"state": "awaiting_supplement", "supplements": event.number, "asked_at": event.at}
        case e.SupplementReceived():
            return {
                "state": "under_review",
                "evidence": case.evidence + event.evidence,
                "files": _with(case, event.files),
                "ended_because": "",
                **_CLOCKS_STOPPED,
            }
        case e.ComplaintUpheld():
            return {"state": "upheld", "reviewer_id": event.by, "upheld_by": event.by, "holds": True}
        case e.ComplaintRejected(reason_code=reason):
            lapsed = case.running if reason == SUPPLEMENT_LAPSED else None
            return {"state": "rejected", "ended_because": reason, "running": None, "lapsed": lapsed}
        case _:
            return {}


def _counter(case: Case, event: e.Event) -> dict[str, Any]:
    match event:
        case e.ListingTakenDown():
            return {"state": "taken_down", "merchant_id": event.merchant_id, "asked_at": event.at}
        case e.NoticeServed(party="merchant"):
            return {"running": event.deadline, "first_window": event.deadline}
        case e.NoticeServed():
            return {"running": event.deadline}
        case e.CounterNotified():
            return {
                "state": "countered",
                "attempts": event.attempt,
                "files": _with(case, event.files),
                "asked_at": event.at,
                "ended_because": "",
                **_CLOCKS_STOPPED,
            }
        case e.CounterAccepted():
            lapsed = case.running if event.how == "deemed_by_silence" else None
            end = {"state": "accepted", "ended_because": event.how, "running": None, "lapsed": lapsed}
            return {**end, "holds": False}
        case e.DisputeOpened():
            files = _with(case, event.files)
            return {"state": "disputed", "ended_because": "", "files": files, **_CLOCKS_STOPPED, **_held_again(case)}
        case e.DisputeDecided(determination="upheld", further_attempt=further) if further is not None:
            return {"state": "taken_down", "running": further}
        case e.DisputeDecided():
            holds = case.holds and event.determination == "upheld"
            return {"state": "final", "ended_because": event.determination, "holds": holds}
        case _:
            return {}


def _ending(case: Case, event: e.Event) -> dict[str, Any]:
    match event:
        case e.ComplaintWithdrawn():
            return {"state": "withdrawn", "ended_because": event.reason, "holds": False, **_CLOCKS_STOPPED}
        case e.CaseClosed():
            return {"state": "closed", "ended_because": event.why, "running": None, "lapsed": case.running}
        case e.ReinstatementDue():
            return {"reinstatement": "held_by_others" if event.held_by_others else "due"}
        case e.ListingReinstated():
            return {"reinstatement": "done"}
        case e.ReinstatementOrdered():
            return {"holds": False, "released_by_platform": True}
        case e.DeadlineAmended():
            # The first window is amended with the deadline that runs in it, for a further attempt is judged by it.
            first = event.deadline if case.first_window == case.running else case.first_window
            return {"running": event.deadline, "first_window": first}
        case _:
            raise TypeError(f"{type(event).__name__} is no event of a case")


_CLOCKS_STOPPED: dict[str, Any] = {"running": None, "lapsed": None}


def _with(case: Case, files: tuple[str, ...]) -> tuple[str, ...]:
    """A file may be named again in a later answer of the same case."""
    return tuple(dict.fromkeys((*case.files, *files)))


def _held_again(case: Case) -> dict[str, Any]:
    """A dispute opened after silence was taken for acceptance takes the hold again, unless the platform let go."""
    if case.holds or case.released_by_platform:
        return {}
    return {"holds": True, "reinstatement": "none"}
