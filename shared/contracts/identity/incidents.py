"""`identity.incidents.v1`: incidents with personal data, and each person who is to be told. Codes and ids only."""

from datetime import datetime
from typing import ClassVar

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class IncidentEvent(EventData):
    """What every event of an incident says. what: what happened; impact: what it may lead to; measures: what was done;
    since, until: when it happened, as far as known; persons: accounts affected, as the logs said at first."""

    incident_id: str
    what: str
    impact: str
    measures: tuple[str, ...]
    since: datetime
    until: datetime
    detected_at: datetime
    persons: int


class IncidentDeclared(IncidentEvent):
    type: ClassVar[str] = "ipp.identity.incident-declared"


class IncidentNotified(IncidentEvent):
    """All who are on the list are told now; an `account-affected` follows for each."""

    type: ClassVar[str] = "ipp.identity.incident-notified"

    round: int


class AuthorityInformed(IncidentEvent):
    """authority: a code."""

    type: ClassVar[str] = "ipp.identity.authority-informed"

    authority: str
    informed_at: datetime


class IncidentClosed(IncidentEvent):
    type: ClassVar[str] = "ipp.identity.incident-closed"


class AccountAffected(EventData):
    """One person is to be told what happened, what it may lead to, what was done and what they can do (000 IV).
    data: codes of what was touched; language: as their account has it."""

    type: ClassVar[str] = "ipp.identity.account-affected"

    incident_id: str
    account_id: str
    language: str
    what: str
    impact: str
    measures: tuple[str, ...]
    data: tuple[str, ...]
    since: datetime
    until: datetime
    detected_at: datetime


_SAID = {
    "incident_id": "inc-4T0ZJ7Y2KQ9XW5C1M8RD",
    "what": "credentials-stolen",
    "impact": "identity-misuse",
    "measures": ("access-revoked", "authority-informed"),
    "since": "2026-03-02T02:00:00Z",
    "until": "2026-03-02T08:30:00Z",
    "detected_at": "2026-03-02T09:10:00Z",
}


def _example(event: type[EventData], **more: object) -> EventData:
    return event.model_validate({**_SAID, **more})


TOPIC = Topic(
    name="identity.incidents.v1",
    key="incident, or account where one person is told",
    producers=("identity",),
    consumers=("identity", "notifications"),
    events=(IncidentDeclared, IncidentNotified, AuthorityInformed, IncidentClosed, AccountAffected),
    examples=(
        _example(IncidentDeclared, persons=412),
        _example(IncidentNotified, persons=412, round=1),
        _example(AuthorityInformed, persons=412, authority="cac", informed_at="2026-03-03T01:00:00Z"),
        _example(IncidentClosed, persons=412),
        _example(
            AccountAffected,
            account_id="acc-intl-3V9YQ2C7XN4M8K1TZ0RB",
            language="en",
            data=("identity-details", "identity-document"),
        ),
    ),
    sequence="gap-free per incident, and per person affected (the subject)",
)
