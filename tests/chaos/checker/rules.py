"""The rules as the checker knows them, written by hand from docs/domain.md and docs/architecture/state-table.md in the
words of the public events. None of the platform's deciders is asked."""

from collections.abc import Mapping
from datetime import timedelta

GRACE = timedelta(seconds=60)
"""An expiry may take effect when so much has passed since `due` (DESIGN 7)."""

OPEN = frozenset({"received", "under_review", "awaiting_supplement", "upheld", "taken_down", "countered", "disputed"})
ENDS = frozenset({"rejected", "withdrawn", "accepted", "final", "closed"})

_STAYS = ("reinstatement-ordered", "reinstatement-due", "listing-reinstated")
_CLOCK = ("notice-served", "deadline-amended")


def _staying(state: str, *names: str) -> dict[tuple[str, str], frozenset[str]]:
    return {(state, name): frozenset({state}) for name in names}


STEPS: Mapping[tuple[str, str], frozenset[str]] = {
    ("", "complaint-filed"): frozenset({"received"}),
    ("received", "review-begun"): frozenset({"under_review"}),
    ("received", "complaint-withdrawn"): frozenset({"withdrawn"}),
    ("under_review", "supplement-requested"): frozenset({"awaiting_supplement"}),
    ("under_review", "complaint-upheld"): frozenset({"upheld"}),
    ("under_review", "complaint-rejected"): frozenset({"rejected"}),
    ("under_review", "complaint-withdrawn"): frozenset({"withdrawn"}),
    ("awaiting_supplement", "supplement-received"): frozenset({"under_review"}),
    ("awaiting_supplement", "complaint-rejected"): frozenset({"rejected"}),
    ("awaiting_supplement", "complaint-withdrawn"): frozenset({"withdrawn"}),
    **_staying("awaiting_supplement", *_CLOCK),
    ("upheld", "listing-taken-down"): frozenset({"taken_down"}),
    ("upheld", "complaint-withdrawn"): frozenset({"withdrawn"}),
    ("taken_down", "counter-notified"): frozenset({"countered"}),
    ("taken_down", "case-closed"): frozenset({"closed"}),
    ("taken_down", "complaint-withdrawn"): frozenset({"withdrawn"}),
    **_staying("taken_down", *_CLOCK, *_STAYS),
    ("countered", "counter-accepted"): frozenset({"accepted"}),
    ("countered", "dispute-opened"): frozenset({"disputed"}),
    **_staying("countered", *_CLOCK, *_STAYS),
    ("disputed", "dispute-decided"): frozenset({"final", "taken_down"}),
    ("disputed", "counter-accepted"): frozenset({"accepted"}),
    **_staying("disputed", *_STAYS),
    ("rejected", "supplement-received"): frozenset({"under_review"}),
    ("accepted", "dispute-opened"): frozenset({"disputed"}),
    **_staying("accepted", "reinstatement-due", "listing-reinstated"),
    ("final", "complaint-withdrawn"): frozenset({"withdrawn"}),
    **_staying("final", *_STAYS),
    ("closed", "counter-notified"): frozenset({"countered"}),
    ("closed", "complaint-withdrawn"): frozenset({"withdrawn"}),
    **_staying("closed", *_STAYS),
    **_staying("withdrawn", "reinstatement-due", "listing-reinstated"),
}
"""State before and event → states after. The first event of a case finds the state `` (not filed)."""

PROMISED: Mapping[str, frozenset[str]] = {
    "decision": frozenset({"ComplaintUpheld", "ComplaintRejected", "SupplementRequested"}),
    "counter": frozenset({"CounterNotified"}),
    "response": frozenset({"CounterAccepted", "DisputeOpened"}),
    "supplement": frozenset({"SupplementReceived"}),
    "withdrawal": frozenset({"ComplaintWithdrawn", "CounterAccepted"}),
    "determination": frozenset({"DisputeDecided"}),
    "reinstatement": frozenset({"ReinstatementOrdered"}),
}
"""What a yes to a request of each kind leaves in the case's history."""

ANSWERS: Mapping[str, str] = {
    "counter": "counter-notification",
    "response": "owner-response",
    "supplement": "supplement",
}
"""The deadline that each kind of answer races."""

RACING: Mapping[str, str] = {
    "counter-notified": "counter-notification",
    "dispute-opened": "owner-response",
    "supplement-received": "supplement",
}
"""The same by event."""

SILENCES = frozenset({"case-closed", "counter-accepted", "complaint-rejected"})
"""Events by which a deadline may take effect."""

WAITS_FOR_A_NOTICE: Mapping[str, tuple[str, str, str]] = {
    "awaiting_supplement": ("supplement-requested", "owner", "supplement-requested"),
    "taken_down": ("listing-taken-down", "merchant", "takedown"),
    "countered": ("counter-notified", "owner", "counter-received"),
}
"""State → the event that asked, the party that is told, and the template whose service starts the clock."""

NOTICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "complaint-filed": (("owner", "complaint-received"),),
    "supplement-requested": (("owner", "supplement-requested"),),
    "complaint-rejected": (("owner", "complaint-rejected"),),
    "listing-taken-down": (("owner", "taken-down"), ("merchant", "takedown")),
    "counter-notified": (("owner", "counter-received"),),
    "counter-accepted": (("owner", "counter-accepted"), ("merchant", "counter-accepted")),
    "dispute-opened": (("owner", "dispute-opened"), ("merchant", "dispute-opened")),
    "dispute-decided": (("owner", "dispute-decided"), ("merchant", "dispute-decided")),
    "complaint-withdrawn": (("owner", "complaint-withdrawn"), ("merchant", "complaint-withdrawn")),
    "case-closed": (("owner", "case-closed"), ("merchant", "case-closed")),
    "listing-reinstated": (("owner", "listing-reinstated"), ("merchant", "listing-reinstated")),
}
"""Event of a case → who is told by which template; merchants as far as they were told of the claim."""
