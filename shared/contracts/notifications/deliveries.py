"""`notifications.deliveries.v1`: proof of service. Addresses and texts never travel; they stay with notifications."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class NoticeEvent(EventData):
    """`recipient_id`: an account id or a marketplace's merchant id; `about`: the case, account or right of the notice;
    `template`: what was told, for instance `takedown` or `counter-received`; `cause_id`: the event that caused it;
    `incident_id`: the incident with personal data that it tells of, empty elsewhere."""

    notice_id: str
    about: str
    about_kind: Literal["case", "account", "right"]
    party: Literal["merchant", "owner"]
    recipient_id: str
    template: str
    language: Literal["zh", "en"]
    cause_id: str
    incident_id: str = ""


class NoticeServed(NoticeEvent):
    """Sent successfully, and thereby served (003 三.2): the clock that the notice starts runs from `served_at`."""

    type: ClassVar[str] = "ipp.notifications.notice-served"

    channel: Literal["email"]
    served_at: datetime


class NoticeFailed(NoticeEvent):
    """Could not be sent for good on this channel; nothing was served."""

    type: ClassVar[str] = "ipp.notifications.notice-failed"

    channel: Literal["email"]
    cause: str


def _example(event: type[NoticeEvent], **more: object) -> NoticeEvent:
    return event.model_validate(
        {
            "notice_id": "ntc-4T0ZJ7Y2KQ9XW5C1M8RD",
            "about": "IPP-7K2M9QX4TD-001",
            "about_kind": "case",
            "party": "merchant",
            "recipient_id": "m-taobao-17",
            "template": "takedown",
            "language": "zh",
            "cause_id": "case/IPP-7K2M9QX4TD-001/4",
            "channel": "email",
            **more,
        }
    )


TOPIC = Topic(
    name="notifications.deliveries.v1",
    key="case, account or right that the notice is about",
    producers=("notifications",),
    consumers=("complaints", "identity", "analysts"),
    events=(NoticeServed, NoticeFailed),
    examples=(
        _example(NoticeServed, served_at="2026-02-13T06:10:00Z"),
        _example(NoticeFailed, cause="mailbox-unknown"),
    ),
    sequence="gap-free per notice (the subject)",
)
