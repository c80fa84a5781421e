"""Every kind of aggregate, in whose store it is, and the topics that anchor it. A test holds this to be all."""

from dataclasses import dataclass
from typing import Any

from deploy.provision import declared
from services.complaints.bulk.store import BULK
from services.complaints.cases.store import CASES
from services.complaints.erasure import store as complaints_erasures
from services.complaints.evidence.store import EVIDENCE
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.measures.store import MEASURES
from services.identity.access.store import STAFF
from services.identity.accounts.store import ACCOUNTS
from services.identity.erasure.store import ERASURES
from services.identity.incidents.store import AFFECTED, INCIDENTS
from services.identity.privacy_requests.store import REQUESTS
from services.ipr.erasure import store as ipr_erasures
from services.ipr.rights.store import RIGHTS
from services.notifications.erasure import store as notifications_erasures
from services.notifications.notices.store import NOTICE
from shared.contracts.complaints import cases, measures, submissions, takedowns
from shared.contracts.erasures import COMPLAINTS_ERASURES, IPR_ERASURES, NOTIFICATIONS_ERASURES
from shared.contracts.identity import accounts, erasures, incidents, privacy_requests
from shared.contracts.ipr import rights
from shared.contracts.notifications import deliveries
from shared.eventstore import AggregateType


@dataclass(frozen=True)
class Kind:
    """topics: where its events are told; `{platform}` stands for each marketplace. None: nothing anchors it, and its
    chain is held to its document's head only."""

    service: str
    aggregate: AggregateType[Any, Any]
    topics: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.aggregate.kind


KINDS: tuple[Kind, ...] = (
    Kind("identity", ACCOUNTS, (accounts.TOPIC.name,)),
    Kind("identity", STAFF),
    Kind("identity", INCIDENTS, (incidents.TOPIC.name,)),
    Kind("identity", AFFECTED, (incidents.TOPIC.name,)),
    Kind("identity", REQUESTS, (privacy_requests.TOPIC.name,)),
    Kind("identity", ERASURES, (erasures.TOPIC.name,)),
    Kind("complaints", complaints_erasures.ERASURES, (COMPLAINTS_ERASURES.name,)),
    Kind("ipr", ipr_erasures.ERASURES, (IPR_ERASURES.name,)),
    Kind("notifications", notifications_erasures.ERASURES, (NOTIFICATIONS_ERASURES.name,)),
    Kind("ipr", RIGHTS, (rights.TOPIC.name,)),
    Kind("complaints", SUBMISSIONS, (submissions.TOPIC.name,)),
    Kind("complaints", BULK),
    Kind("complaints", CASES, (cases.TOPIC.name,)),
    Kind("complaints", MEASURES, (measures.TOPIC.name, takedowns.TOPIC.name)),
    Kind("complaints", EVIDENCE),
    Kind("notifications", NOTICE, (deliveries.TOPIC.name,)),
)
_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(name: str) -> Kind:
    """Raises KeyError where there is no such kind."""
    return _BY_NAME[name]


def anchoring(kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    """The names of all topics that anchor these kinds."""
    stems = {topic for kind in kinds for topic in kind.topics}
    plain = {stem for stem in stems if "{platform}" not in stem}
    fronts = tuple(stem.partition("{platform}")[0] for stem in stems - plain)
    many = {topic.name for topic in declared() if fronts and topic.name.startswith(fronts)}
    return tuple(sorted(plain | many))
