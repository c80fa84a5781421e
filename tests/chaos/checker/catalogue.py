"""What there is to look at, written by hand: collections of aggregates with the kind that their events' ids begin with,
and which topics are written by whom."""

from collections.abc import Mapping

AGGREGATES: Mapping[str, str] = {
    "identity.accounts": "account",
    "identity.staff": "staff",
    "identity.privacy_requests": "privacy-request",
    "ipr.rights": "right",
    "complaints.submissions": "submission",
    "complaints.cases": "case",
    "complaints.measures": "measure",
    "notifications.notices": "notice",
}
SEGMENTS = ".segments"
REPLICAS: tuple[str, ...] = (
    "complaints.replica.accounts",
    "complaints.replica.rights",
    "ipr.replica.accounts",
    "scoring.replica.goodfaith",
    "scoring.replica.merchants",
)
SERVICES = ("identity", "ipr", "complaints", "notifications", "scoring")

ACCOUNTS = "identity.accounts.v1"
PRIVACY_REQUESTS = "identity.privacy-requests.v1"
RIGHTS = "ipr.rights.v1"
SUBMISSIONS = "complaints.submissions.v1"
CASES = "complaints.cases.v1"
MEASURES = "complaints.measures.v1"
DELIVERIES = "notifications.deliveries.v1"
OUTCOMES = "complaints.outcomes.v1"
TAKEDOWNS = "takedowns."
ACKNOWLEDGEMENTS = "takedown-acks."

# Written from outboxes: each record is an event of a document.
OF_AGGREGATES = (ACCOUNTS, PRIVACY_REQUESTS, RIGHTS, SUBMISSIONS, CASES, MEASURES, DELIVERIES)


def of_an_aggregate(topic: str) -> bool:
    """Whether the records of a topic are events of documents."""
    return topic in OF_AGGREGATES or topic.startswith(TAKEDOWNS)


def is_deadlines(topic: str) -> bool:
    return topic.endswith(".deadlines.v1")
