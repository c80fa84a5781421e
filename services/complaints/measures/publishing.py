"""What the world is told of a listing measure, and what its marketplace is told to do."""

from collections.abc import Iterator
from typing import Any, assert_never

from services.complaints.measures import model as m
from shared.contracts.complaints import measures as contract
from shared.contracts.complaints import takedowns
from shared.contracts.deadlines import DeadlineData
from shared.eventstore import Publication

_ELAPSED = "elapsed"  # a retry counts time as it passes, by no calendar


def publish(measure: m.Measure, event: m.Event, number: int) -> Iterator[Publication]:
    """The event on `complaints.measures.v1` and, where it sends a command, that on the marketplace's own topic: first,
    for records of one aggregate are sent one after the other, and the marketplace is who waits."""
    if isinstance(event, m.HoldPlaced | m.HoldReleased | m.CommandRepeated) and event.command is not None:
        topic = takedowns.TOPIC.of(measure.platform)
        yield Publication(topic, measure.listing_id, takedown_command(measure, event.command))
    yield Publication(contract.TOPIC.name, measure.listing_id, published(measure, event))


def published(measure: m.Measure, event: m.Event) -> contract.MeasureEvent:
    """The event as its contract says it, given the measure after it."""
    kind, details = _details(event)
    return kind(
        listing_id=measure.listing_id,
        platform=measure.platform,
        state=measure.state,
        case_ids=measure.holders,
        merchant_id=measure.merchant_id,
        deadlines=_deadlines(measure),
        **details,
    )


def takedown_command(measure: m.Measure, command: m.MarketplaceCommand) -> takedowns.TakedownCommand:
    """The command, with the parts of the canonical listing id (`lazada.sg:item:456`) spelled out."""
    market, kind, item_number = measure.listing_id.split(":", 2)
    _, _, site = market.partition(".")
    contract_class = takedowns.RemoveListing if command.kind == "remove" else takedowns.ReinstateListing
    return contract_class(
        command_id=command.id,
        platform=measure.platform,
        site=site or None,
        listing_id=measure.listing_id,
        kind=kind,
        number=item_number,
    )


def _details(event: m.Event) -> tuple[type[contract.MeasureEvent], dict[str, Any]]:
    match event:
        case m.HoldPlaced():
            return contract.HoldPlaced, {"case_id": event.case_id, "already_down": event.already_down}
        case m.HoldReleased():
            return contract.HoldReleased, {"case_id": event.case_id, "held_by_others": event.held_by_others}
        case m.RemovalAcknowledged():
            return contract.RemovalAcknowledged, {"command_id": event.command_id}
        case m.ReinstatementAcknowledged():
            completed = {"command_id": event.command_id, "released_case_ids": event.released}
            return contract.ReinstatementAcknowledged, completed
        case m.CommandFailed():
            failed = {"command_id": event.command_id, "failures": event.failures, "cause": event.cause}
            return contract.CommandFailed, failed
        case m.CommandRepeated():
            return contract.CommandRepeated, {"command_id": event.command.id}
        case _:
            assert_never(event)


def _deadlines(measure: m.Measure) -> tuple[DeadlineData, ...]:
    if measure.retry is None:
        return ()
    return (
        DeadlineData(
            id=measure.retry.id,
            kind=m.RETRY_COMMAND,
            due=measure.retry.due,
            start=measure.retry.start,
            business_days=0,
            calendar=_ELAPSED,
            calendar_version="",
            policy_version=measure.retry.policy_version,
        ),
    )
