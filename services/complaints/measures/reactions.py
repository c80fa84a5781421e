"""Between cases, measures and marketplaces: a case that wants its listing down holds it; the marketplace's
acknowledgement goes to the measure; what the measure says informs the cases."""

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import RecordReinstated, RecordReinstatementDue, RecordTakedown
from services.complaints.measures.commands import Measures
from services.complaints.measures.model import Acknowledge, AcknowledgementKind, PlaceHold, ReleaseHold
from shared.contracts.complaints import cases, measures
from shared.contracts.envelope import Undecodable
from shared.contracts.marketplaces import acknowledgements
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.platforms import PLATFORMS
from shared.reactions import Message, Source, Subscription, cause_of, each, source

# The events after which a case begins or ceases to want its listing down; others repeat what was said.
_HOLD_CHANGES = (
    cases.ComplaintUpheld,
    cases.CounterAccepted,
    cases.DisputeOpened,
    cases.DisputeDecided,
    cases.ComplaintWithdrawn,
    cases.ReinstatementOrdered,
)


class Holds:
    """Group `complaints.holds`: cases → measures."""

    def __init__(self, commands: Measures) -> None:
        self._measures = commands

    def subscription(self) -> Subscription:
        handlers = dict.fromkeys(_HOLD_CHANGES, self.follow)
        return Subscription("complaints.holds", (source(cases.TOPIC),), handlers)

    async def follow(self, message: Message[cases.CaseEvent]) -> None:
        """Raises Obsolete where the measure knows already, or never held the listing for this case."""
        case = message.data
        command = (
            PlaceHold(listing_id=case.listing_id, platform=case.platform, case_id=case.case_id)
            if case.holds_listing
            else ReleaseHold(case_id=case.case_id)
        )
        await self._measures.execute(case.listing_id, command, cause_of(message, "complaints.holds"))


class Acknowledgements:
    """Group `complaints.acknowledgements`: marketplaces → measures."""

    def __init__(self, commands: Measures) -> None:
        self._measures = commands

    def subscription(self) -> Subscription:
        topic = acknowledgements.TOPIC
        return Subscription(
            "complaints.acknowledgements",
            tuple(Source(topic, topic.of(platform)) for platform in PLATFORMS),
            {
                acknowledgements.ListingRemoved: self.removed,
                acknowledgements.ListingReinstated: self.reinstated,
                acknowledgements.CommandFailed: self.failed,
            },
            ordering="idempotent",
        )

    async def removed(self, message: Message[acknowledgements.ListingRemoved]) -> None:
        await self._acknowledge(message, "removed")

    async def reinstated(self, message: Message[acknowledgements.ListingReinstated]) -> None:
        await self._acknowledge(message, "reinstated")

    async def failed(self, message: Message[acknowledgements.CommandFailed]) -> None:
        await self._acknowledge(message, "failed", message.data.cause)

    async def _acknowledge(
        self, message: Message[acknowledgements.Acknowledgement], kind: AcknowledgementKind, cause: str = ""
    ) -> None:
        """What answers no command of ours is a dead letter: it must not hold up the answers that follow."""
        said = message.data
        if message.topic != acknowledgements.TOPIC.of(said.listing_id.partition(":")[0].partition(".")[0]):
            raise Undecodable(f"{said.listing_id} is no listing of {message.topic}")
        command = Acknowledge(command_id=said.command_id, kind=kind, merchant_id=said.merchant_id, cause=cause)
        try:
            await self._measures.execute(
                said.listing_id, command, cause_of(message, f"marketplace:{said.listing_id.partition(':')[0]}")
            )
        except Obsolete:
            raise
        except Refusal as refusal:
            raise Undecodable(str(refusal)) from refusal


class MeasureNews:
    """Group `complaints.measures`: measures → cases."""

    def __init__(self, commands: Cases) -> None:
        self._cases = commands

    def subscription(self) -> Subscription:
        return Subscription(
            "complaints.measures",
            (source(measures.TOPIC),),
            {
                measures.HoldPlaced: self.held,
                measures.RemovalAcknowledged: self.removed,
                measures.HoldReleased: self.released,
                measures.ReinstatementAcknowledged: self.reinstated,
            },
        )

    async def held(self, message: Message[measures.HoldPlaced]) -> None:
        """A listing that was down already takes the hold without asking the marketplace."""
        placed = message.data
        if placed.already_down and placed.merchant_id is not None:
            command = RecordTakedown(merchant_id=placed.merchant_id)
            await self._cases.execute(placed.case_id, command, cause_of(message, "listing-measure"))

    async def removed(self, message: Message[measures.RemovalAcknowledged]) -> None:
        down = message.data
        if down.merchant_id is None:
            raise Undecodable("an acknowledged removal names the merchant")
        command = RecordTakedown(merchant_id=down.merchant_id)
        cause = cause_of(message, "listing-measure")
        await each(down.case_ids, lambda case_id: self._cases.execute(case_id, command, cause))

    async def released(self, message: Message[measures.HoldReleased]) -> None:
        command = RecordReinstatementDue(held_by_others=message.data.held_by_others)
        await self._cases.execute(message.data.case_id, command, cause_of(message, "listing-measure"))

    async def reinstated(self, message: Message[measures.ReinstatementAcknowledged]) -> None:
        cause = cause_of(message, "listing-measure")
        await each(
            message.data.released_case_ids, lambda case_id: self._cases.execute(case_id, RecordReinstated(), cause)
        )
