"""Every reason for which a case refuses a command, by its stable code.

The same code may be a refusal to a person and obsolete to a reaction: the first is told what would fit, the second
is counted and passed over.
"""

from shared.kernel.decider import Obsolete, Refusal

# code: what is wrong, and what would mend it
TEXTS: dict[str, tuple[str, str]] = {
    "no-such-case": ("there is no case of this number", "check the number"),
    "already-filed": ("this case was filed already", ""),
    "review-not-begun": ("nobody has this case under review yet", "begin the review first"),
    "already-under-review": ("this reviewer has the case under review already", ""),
    "under-review-by-another": ("another reviewer has the case under review", "take another case from the queue"),
    "supplement-awaited": ("supplementary information is awaited", "wait for it, or for its deadline"),
    "no-supplement-awaited": ("no supplementary information was asked for", ""),
    "nothing-missing": ("a request for supplementary information names what is missing", "name at least one thing"),
    "already-decided": ("the complaint was upheld or rejected already", ""),
    "reason-unknown": ("the policy does not know this reason", "use one of the reason codes of the policy"),
    "not-a-code": ("a reason is given as a code, never as text", "lower-case letters, digits, - and _; 64 at most"),
    "not-upheld": ("the complaint was not upheld", ""),
    "removal-not-acknowledged": ("the marketplace has not acknowledged the removal yet", "wait for it"),
    "already-taken-down": ("the removal was recorded already", ""),
    "already-served": ("this notice was served already; the first channel that succeeded started the clock", ""),
    "service-superseded": ("the case has moved on since this notice was sent", ""),
    "starts-no-clock": ("the service of this notice starts no clock", ""),
    "too-late": ("the answer was received after its deadline", ""),
    "counter-pending": ("a counter-notification is pending already", "wait for its decision"),
    "no-counter-pending": ("no counter-notification is pending", ""),
    "counter-already-accepted": ("the counter-notification was accepted", ""),
    "dispute-open": ("the dispute is open", "withdraw the complaint, or wait for the determination"),
    "no-dispute": ("there is no dispute to decide", ""),
    "decided-first-by-same-reviewer": (
        "who decided first does not decide the dispute",
        "leave it to another reviewer",
    ),
    "finally-decided": ("the platform has decided finally", ""),
    "case-withdrawn": ("the complaint was withdrawn", ""),
    "case-rejected": ("the complaint was rejected", ""),
    "no-removal-stands": ("this case holds no listing down any more", ""),
    "still-holds": ("this case still, or again, holds the listing", ""),
    "nothing-to-reinstate": ("this case never held its listing", ""),
    "reinstatement-already-due": ("the reinstatement was recorded already", ""),
    "already-reinstated": ("the listing was reinstated already", ""),
    "deadline-not-current": ("this deadline does not run any more", ""),
    "deadline-not-due": ("this deadline and its grace have not passed", ""),
    "deadline-undated": ("the calendar does not reach the end of this deadline yet", ""),
    "claim-taken": (
        "another case of the same right about this listing was filed after this one had ended",
        "answer in that case",
    ),
    "deadline-unchanged": ("the calendar changes no deadline of this case", ""),
}


def refuse(code: str) -> Refusal:
    """For whoever asked: the command does not fit."""
    return Refusal(code, *TEXTS[code])


def obsolete(code: str) -> Obsolete:
    """For a reaction: the command was overtaken, and nothing is lost by passing over it."""
    return Obsolete(code, *TEXTS[code])
