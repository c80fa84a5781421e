"""How a holder's part in an erasure is kept and published. The aggregate's id is the account's."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from shared.contracts import erasures as contract
from shared.contracts.topic import Topic
from shared.erasure.model import Cleared, Erased, ErasureHere, Event, Obstructed, evolve
from shared.eventstore import AggregateType, Publication
from shared.mongo import IndexSpec

COLLECTION = "erasures"


def erasures_of(recipient: str, topic: Topic) -> AggregateType[ErasureHere, Event]:
    """topic: where this recipient answers."""

    def publish(here: ErasureHere, event: Event, _: int) -> Iterable[Publication]:
        said: dict[str, Any] = {"account_id": here.account_id, "recipient": recipient, "request": here.request}
        match event:
            case Obstructed(reasons=reasons):
                yield Publication(topic.name, here.account_id, contract.ErasureObstructed(**said, reasons=reasons))
            case Cleared():
                yield Publication(topic.name, here.account_id, contract.ErasureCleared(**said))
            case Erased(counts=counts):
                erased = contract.PersonalDataErased(**said, counts=dict(counts))
                yield Publication(topic.name, here.account_id, erased)

    def index(here: ErasureHere) -> Mapping[str, Any]:
        return {"waits": True} if here.waits else {}

    return AggregateType(
        kind=f"{recipient}-erasure",
        collection=COLLECTION,
        state=ErasureHere,
        events=get_args(Event),
        evolve=evolve,
        publish=publish,
        index=index,
        indexes=(IndexSpec("waiting", (("ix.waits", 1), ("_id", 1)), partial={"ix.waits": {"$exists": True}}),),
    )
