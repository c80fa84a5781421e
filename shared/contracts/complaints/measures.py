"""`complaints.measures.v1`: what holds a listing down, and what the marketplace did about it."""

from typing import ClassVar, Literal

from shared.contracts.deadlines import WithDeadlines
from shared.contracts.topic import Topic

MeasureState = Literal["up", "removing", "down", "reinstating"]


class MeasureEvent(WithDeadlines):
    """What every event of a listing measure says. `case_ids`: the cases that hold the listing after the event;
    `merchant_id` is known from the first acknowledgement on."""

    listing_id: str
    platform: str
    state: MeasureState
    case_ids: tuple[str, ...] = ()
    merchant_id: str | None = None


class HoldPlaced(MeasureEvent):
    """A case holds the listing. `already_down`: it was down already and takes a further hold."""

    type: ClassVar[str] = "ipp.complaints.hold-placed"

    case_id: str
    already_down: bool


class HoldReleased(MeasureEvent):
    """A case no longer holds the listing. `held_by_others`: something else still does."""

    type: ClassVar[str] = "ipp.complaints.hold-released"

    case_id: str
    held_by_others: bool


class RemovalAcknowledged(MeasureEvent):
    """Down at the marketplace, for all `case_ids`."""

    type: ClassVar[str] = "ipp.complaints.removal-acknowledged"

    command_id: str


class ReinstatementAcknowledged(MeasureEvent):
    """Up again at the marketplace; `released_case_ids` are the cases whose release it completes."""

    type: ClassVar[str] = "ipp.complaints.reinstatement-acknowledged"

    command_id: str
    released_case_ids: tuple[str, ...] = ()


class CommandFailed(MeasureEvent):
    """The marketplace could not do it; it is asked again at the deadline `retry-command`."""

    type: ClassVar[str] = "ipp.complaints.command-failed"

    command_id: str
    failures: int
    cause: str


class CommandRepeated(MeasureEvent):
    """The marketplace was asked again, with a command of its own id."""

    type: ClassVar[str] = "ipp.complaints.command-repeated"

    command_id: str


def _example(event: type[MeasureEvent], state: MeasureState, **more: object) -> MeasureEvent:
    return event.model_validate(
        {
            "listing_id": "taobao:item:520813250866",
            "platform": "taobao",
            "state": state,
            "case_ids": ("IPP-7K2M9QX4TD-001",),
            "merchant_id": "m-taobao-17",
            **more,
        }
    )


TOPIC = Topic(
    name="complaints.measures.v1",
    key="listing id",
    producers=("complaints",),
    consumers=("complaints", "deadline processor of complaints", "analysts"),
    events=(
        HoldPlaced,
        HoldReleased,
        RemovalAcknowledged,
        ReinstatementAcknowledged,
        CommandFailed,
        CommandRepeated,
    ),
    examples=(
        _example(HoldPlaced, "removing", case_id="IPP-7K2M9QX4TD-001", already_down=False),
        _example(HoldReleased, "reinstating", case_id="IPP-7K2M9QX4TD-001", held_by_others=False, case_ids=()),
        _example(RemovalAcknowledged, "down", command_id="taobao:item:520813250866#1"),
        _example(
            ReinstatementAcknowledged,
            "up",
            command_id="taobao:item:520813250866#2",
            case_ids=(),
            released_case_ids=("IPP-7K2M9QX4TD-001",),
        ),
        _example(CommandFailed, "removing", command_id="taobao:item:520813250866#1", failures=1, cause="timeout"),
        _example(CommandRepeated, "removing", command_id="taobao:item:520813250866#3"),
    ),
)
