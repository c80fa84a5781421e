"""I4: the marketplace sees a listing's commands in order and without gaps, once repeats are dropped; and a listing is
down exactly while something holds it: `remove` on the first hold, `reinstate` on release of the last."""

from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import ACKNOWLEDGEMENTS, CASES, MEASURES, TAKEDOWNS
from tests.chaos.checker.evidence import Evidence, Seen
from tests.chaos.checker.histories import number_of
from tests.chaos.checker.stalls import stalled_listings

NAME = "I4"
Commands = Mapping[str, Sequence[Seen]]
"""Listing → its commands in order, repeats dropped."""


def breaches(evidence: Evidence) -> Iterator[Breach]:
    commands = _commands(evidence)
    for listing, told in commands.items():
        yield from _in_order(listing, told)
    for listing, life in evidence.lives.get(MEASURES, {}).items():
        yield from _as_holds_change(listing, life, commands.get(listing, ()), all_told=evidence.quiet)
    for shelf in evidence.shelves:
        yield from _as_first_seen(shelf.platform, shelf.commands)
    if evidence.quiet:
        yield from _in_the_end(evidence, commands)


def _commands(evidence: Evidence) -> Commands:
    found: dict[str, Sequence[Seen]] = {}
    for topic in evidence.topics(lambda name: name.startswith(TAKEDOWNS)):
        found.update(evidence.lives.get(topic, {}))
    return found


def _in_order(listing: str, told: Sequence[Seen]) -> Iterator[Breach]:
    last = 0
    for command in told:
        if command.sequence != last + 1:
            yield Breach(NAME, listing, f"{command} came after number {last}")
        if last == 0 and command.name != "remove":
            yield Breach(NAME, listing, f"its first command is {command}")
        last = command.sequence


def _as_holds_change(listing: str, life: Sequence[Seen], told: Sequence[Seen], *, all_told: bool) -> Iterator[Breach]:
    """Each event of the measure sends the command that its holds ask for, and no other."""
    by_event = {number_of(command): command for command in told}
    holders: set[str] = set()
    for event in life:
        wanted = _hold(holders, event)
        said = set(event.data["case_ids"])
        if said != holders:
            yield Breach(NAME, listing, f"{event} says that {sorted(said)} hold it; it is {sorted(holders)}")
            holders = said
        sent = by_event.get(number_of(event))
        if sent is None and wanted and all_told:
            yield Breach(NAME, listing, f"{event} asks for {wanted}, and no such command was sent")
        elif sent is not None and sent.name != wanted:
            held = f"held by {sorted(holders)}" if holders else "held by nothing"
            yield Breach(NAME, listing, f"{sent} was sent by {event}, {held}: it asks for {wanted or 'nothing'}")


def _hold(holders: set[str], event: Seen) -> str:
    """Changes the holders as the event says; the command that follows from it, empty for none."""
    if event.name == "hold-placed":
        first = not holders
        holders.add(event.data["case_id"])
        return "remove" if first else ""
    if event.name == "hold-released":
        held = bool(holders)
        holders.discard(event.data["case_id"])
        return "reinstate" if held and not holders else ""
    if event.name == "command-repeated":
        return "remove" if holders else "reinstate"
    return ""


def _as_first_seen(platform: str, commands: Sequence[tuple[str, int]]) -> Iterator[Breach]:
    last: dict[str, int] = {}
    for listing, sequence in commands:
        if sequence != last.get(listing, 0) + 1:
            story = f"{platform} first saw command {sequence} after {last.get(listing, 0)}"
            yield Breach(NAME, listing, story)
        last[listing] = sequence


def _in_the_end(evidence: Evidence, commands: Commands) -> Iterator[Breach]:
    stalled = stalled_listings(evidence)
    wishes = _wishes(evidence)
    measures = evidence.lives.get(MEASURES, {})
    acknowledged = _acknowledged(evidence)
    shelves = {shelf.platform: shelf.down for shelf in evidence.shelves}
    failed = {command for shelf in evidence.shelves for command in shelf.failed}
    for listing in sorted((wishes.keys() | measures.keys()) - stalled):
        wanted, life, told = wishes.get(listing, set()), measures.get(listing, ()), commands.get(listing, ())
        holders = set(life[-1].data["case_ids"]) if life else set()
        if wanted != holders:
            yield Breach(NAME, listing, f"{sorted(wanted)} want it down, and {sorted(holders)} hold it")
        last = told[-1].name if told else "reinstate"
        if (last == "remove") != bool(wanted):
            story = f"its last command is {told[-1] if told else 'none'}, and {sorted(wanted) or 'nothing'} wants it"
            yield Breach(NAME, listing, f"{story} down")
        down = shelves.get(listing.partition(":")[0].partition(".")[0])
        obeyed = told and told[-1].data["command_id"] not in failed
        if down is not None and obeyed and (listing in down) != (last == "remove"):
            there = "down" if listing in down else "up"
            yield Breach(NAME, listing, f"is {there} at the marketplace after {told[-1]}")
        if told and life:
            yield from _answered(listing, told[-1], life[-1], acknowledged)


def _answered(listing: str, command: Seen, measure: Seen, acknowledged: Mapping[str, Seen]) -> Iterator[Breach]:
    """What the marketplace said of the last command is known to the measure."""
    said = acknowledged.get(command.data["command_id"])
    if said is not None and measure.data["state"] in ("removing", "reinstating"):
        yield Breach(NAME, listing, f"{said} answers {command}, and the measure still waits: {measure}")


def _wishes(evidence: Evidence) -> Mapping[str, set[str]]:
    """Listing → the cases that want it down, as their last events say."""
    found: dict[str, set[str]] = {}
    for case, life in evidence.lives.get(CASES, {}).items():
        if life[-1].data["holds_listing"]:
            found.setdefault(life[-1].data["listing_id"], set()).add(case)
    return found


def _acknowledged(evidence: Evidence) -> Mapping[str, Seen]:
    """Commands that a marketplace said it had carried out."""
    topics = evidence.topics(lambda name: name.startswith(ACKNOWLEDGEMENTS))
    records = (record for topic in topics for record in evidence.by_topic[topic] if record.sequence)
    return {record.data["command_id"]: record for record in records if record.name in ("removed", "reinstated")}
