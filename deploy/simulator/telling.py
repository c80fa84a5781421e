"""A case told in sentences, from its events on the topics."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from deploy.simulator.evidence import DELIVERIES, MEASURES, Event, Evidence

_SHANGHAI = timezone(timedelta(hours=8))
_PREFIX = "ipp.complaints."
_DEADLINES = {
    "counter-notification": "the merchant's time to answer",
    "owner-response": "the owner's time to respond",
    "supplement": "the owner's time to complete",
}
_ACCEPTED = {
    "by_owner": "The owner accepted the counter-notification",
    "by_withdrawal": "The owner withdrew the countered complaint, which accepts the counter-notification",
    "deemed_by_silence": "The owner stayed silent: the counter-notification is deemed accepted",
}
_CLOSED = {
    "merchant_silent": "The merchant stayed silent: the case is closed and the removal stands",
    "last_attempt_lost": "The merchant's last attempt was lost: the case is closed and the removal stands",
}

Teller = Callable[[Mapping[str, Any]], str]
_TELLERS: Mapping[str, Teller] = {
    "complaint-filed": lambda d: f"A complaint was filed about {d['listing_id']} for {_words(d['reason'])}",
    "review-begun": lambda d: f"{d['reviewer_id']} took it under review",
    "supplement-requested": lambda d: f"More was asked for: {', '.join(map(_words, d['missing']))}",
    "supplement-received": lambda d: "The owner sent what was missing",
    "complaint-upheld": lambda d: "The complaint was upheld",
    "complaint-rejected": lambda d: f"The complaint was rejected: {_words(d['reason_code'])}",
    "listing-taken-down": lambda d: f"The marketplace took the listing of {d['merchant_id']} down",
    "notice-served": lambda d: f"The {d['party']} was served notice ({_words(d['notice'])}){_due(d)}",
    "counter-notified": lambda d: "The merchant sent a counter-notification",
    "counter-accepted": lambda d: _ACCEPTED[d["how"]],
    "dispute-opened": lambda d: "The owner rejected the counter-notification: the platform decides",
    "dispute-decided": lambda d: f"The platform decided: {d['determination']}",
    "complaint-withdrawn": lambda d: f"The owner withdrew the complaint: {_words(d['withdrawal_reason'])}",
    "case-closed": lambda d: _CLOSED[d["why"]],
    "reinstatement-due": lambda d: _released(d["held_by_others"]),
    "listing-reinstated": lambda d: "The listing is up again",
    "reinstatement-ordered": lambda d: "The platform let the listing up at its discretion",
    "deadline-amended": lambda d: f"A calendar changed{_due(d)}",
}


def tell(events: Iterable[Event]) -> list[str]:
    """One sentence an event of `complaints.cases.v1`, with its time in Shanghai."""
    return [f"{_moment(event['time'])}  {_sentence(event)}." for event in events]


def tell_whole(evidence: Evidence, case_id: str, events: Sequence[Event]) -> list[str]:
    """The same with what other topics say of it: the marketplace's failures and the notices sent."""
    told = [(event["time"], 0, f"{_moment(event['time'])}  {_sentence(event)}.") for event in events]
    listing = events[0]["data"]["listing_id"]
    for event in evidence.of(MEASURES).get(listing, ()):
        if event["type"] == f"{_PREFIX}command-failed":
            cause = _words(event["data"]["cause"])
            said = f"{_moment(event['time'])}  The marketplace failed ({cause}) and will be asked again."
            told.append((event["time"], 1, said))
    for event in evidence.all_of(DELIVERIES):
        if event["data"]["about"] == case_id:
            what, party = _words(event["data"]["template"]), event["data"]["party"]
            outcome = "was sent to" if event["type"].endswith("notice-served") else "could not be sent to"
            told.append((event["time"], 2, f"{_moment(event['time'])}  The notice “{what}” {outcome} the {party}."))
    return [sentence for _, _, sentence in sorted(told, key=lambda entry: entry[:2])]


def _sentence(event: Event) -> str:
    teller = _TELLERS.get(str(event["type"]).removeprefix(_PREFIX))
    return teller(event["data"]) if teller else str(event["type"])


def _released(held_by_others: bool) -> str:
    if held_by_others:
        return "This case lets the listing go, but something else still holds it down"
    return "This case lets the listing go: it is to be reinstated"


def _due(data: Mapping[str, Any]) -> str:
    for deadline in data["deadlines"]:
        if deadline["due"]:
            off = len(deadline["skipped"])
            skipped = f", {off} days off not counted" if off else ""
            what = _DEADLINES.get(deadline["kind"], deadline["kind"])
            return f"; {what} ends before {_moment(deadline['due'])}{skipped}"
    return ""


def _words(code: str) -> str:
    return code.replace("_", " ").replace("-", " ")


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(_SHANGHAI).strftime("%a %d %b %H:%M")
