"""`takedowns.<platform>.v1`: what a marketplace must do to a listing. Each marketplace reads its own topic only."""

from typing import ClassVar

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class TakedownCommand(EventData):
    """`command_id` comes back in the acknowledgement; a repeat of the same id must do nothing twice.
    `listing_id` is canonical (`lazada.sg:item:456`); `number` is the marketplace's own."""

    command_id: str
    platform: str
    site: str | None = None
    listing_id: str
    kind: str
    number: str


class RemoveListing(TakedownCommand):
    type: ClassVar[str] = "ipp.takedowns.remove"


class ReinstateListing(TakedownCommand):
    type: ClassVar[str] = "ipp.takedowns.reinstate"


_COMMON = {
    "platform": "taobao",
    "listing_id": "taobao:item:520813250866",
    "kind": "item",
    "number": "520813250866",
}

TOPIC = Topic(
    name="takedowns.{platform}.v1",
    key="listing id",
    producers=("complaints",),
    consumers=("the marketplace of that name",),
    events=(RemoveListing, ReinstateListing),
    examples=(
        RemoveListing.model_validate({"command_id": "taobao:item:520813250866#1", **_COMMON}),
        ReinstateListing.model_validate({"command_id": "taobao:item:520813250866#2", **_COMMON}),
    ),
)
