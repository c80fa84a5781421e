"""`takedown-acks.<platform>.v1`: what a marketplace did about a command. Told apart by the command's id."""

from datetime import datetime
from typing import ClassVar

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class Acknowledgement(EventData):
    """`merchant_id`: the seller of the listing, an identifier of the marketplace, never a name or an address."""

    command_id: str
    listing_id: str
    merchant_id: str
    at: datetime


class ListingRemoved(Acknowledgement):
    type: ClassVar[str] = "ipp.takedown-acks.removed"


class ListingReinstated(Acknowledgement):
    type: ClassVar[str] = "ipp.takedown-acks.reinstated"


class CommandFailed(Acknowledgement):
    type: ClassVar[str] = "ipp.takedown-acks.failed"

    cause: str


def _example(event: type[Acknowledgement], command_id: str, **more: object) -> Acknowledgement:
    return event.model_validate(
        {
            "command_id": command_id,
            "listing_id": "taobao:item:520813250866",
            "merchant_id": "m-taobao-17",
            "at": "2026-02-13T06:00:00Z",
            **more,
        }
    )


TOPIC = Topic(
    name="takedown-acks.{platform}.v1",
    key="listing id",
    producers=("the marketplace of that name",),
    consumers=("complaints",),
    events=(ListingRemoved, ListingReinstated, CommandFailed),
    examples=(
        _example(ListingRemoved, "taobao:item:520813250866#1"),
        _example(ListingReinstated, "taobao:item:520813250866#2"),
        _example(CommandFailed, "taobao:item:520813250866#1", cause="marketplace-timeout"),
    ),
    sequence="the marketplace's own count or 1; acknowledgements are told apart by the command's id",
)
