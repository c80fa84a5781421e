"""Every topic of the platform."""

from shared.contracts.complaints import cases, measures, submissions, takedowns
from shared.contracts.deadlines import COMPLAINTS_DEADLINES, IDENTITY_DEADLINES, IPR_DEADLINES
from shared.contracts.erasures import COMPLAINTS_ERASURES, IPR_ERASURES, NOTIFICATIONS_ERASURES
from shared.contracts.identity import accounts, erasures, incidents, privacy_requests
from shared.contracts.ipr import rights
from shared.contracts.marketplaces import acknowledgements
from shared.contracts.notifications import deliveries
from shared.contracts.scoring import goodfaith, merchants, outcomes
from shared.contracts.topic import Topic

TOPICS: tuple[Topic, ...] = (
    accounts.TOPIC,
    incidents.TOPIC,
    privacy_requests.TOPIC,
    erasures.TOPIC,
    COMPLAINTS_ERASURES,
    IPR_ERASURES,
    NOTIFICATIONS_ERASURES,
    rights.TOPIC,
    submissions.TOPIC,
    cases.TOPIC,
    measures.TOPIC,
    takedowns.TOPIC,
    acknowledgements.TOPIC,
    outcomes.OUTCOMES,
    outcomes.BY_ACCOUNT,
    outcomes.BY_MERCHANT,
    IDENTITY_DEADLINES,
    IPR_DEADLINES,
    COMPLAINTS_DEADLINES,
    goodfaith.TOPIC,
    goodfaith.DAYS,
    merchants.TOPIC,
    deliveries.TOPIC,
)
