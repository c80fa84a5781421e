"""One listing, many cases, one voice to the marketplace; races told step by step."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from services.complaints.measures import model as m
from services.complaints.measures.publishing import publish
from shared.contracts.complaints import takedowns
from shared.kernel.decider import Obsolete, Refusal, fold

LISTING = "lazada.sg:item:456"
A, B = "IPP-A-001", "IPP-B-001"
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
RULES = m.Rules("2026-01", retry_first=timedelta(minutes=5), retry_limit=timedelta(minutes=30))


class Listing:
    """A measure in the making, with all that was published."""

    def __init__(self) -> None:
        self.measure: m.Measure | None = None
        self.now = NOON
        self.commands: list[tuple[str, str]] = []
        self.numbers = 0

    @property
    def known(self) -> m.Measure:
        assert self.measure is not None
        return self.measure

    def then(self, command: m.Command) -> m.Event:
        (event,) = m.decide(self.measure, command, self.now, RULES)
        self.measure = fold(m.evolve, self.measure, (event,))
        self.numbers += 1
        for record in publish(self.known, event, self.numbers):
            assert record.key == LISTING
            if isinstance(record.data, takedowns.TakedownCommand):
                assert record.topic == "takedowns.lazada.v1"
                self.commands.append((record.data.type.rpartition(".")[2], record.data.command_id))
        return event

    def refused(self, command: m.Command, *, obsolete: bool = True) -> str:
        with pytest.raises(Refusal) as refusal:
            m.decide(self.measure, command, self.now, RULES)
        assert isinstance(refusal.value, Obsolete) is obsolete
        return refusal.value.code

    def hold(self, case_id: str) -> m.Event:
        return self.then(place(case_id))

    def release(self, case_id: str) -> m.Event:
        return self.then(m.ReleaseHold(case_id=case_id))

    def removed(self, number: int) -> m.Event:
        return self.then(ack(number, "removed"))

    def reinstated(self, number: int) -> m.Event:
        return self.then(ack(number, "reinstated"))

    def failed(self, number: int) -> m.Event:
        return self.then(ack(number, "failed", "timeout"))


def place(case_id: str) -> m.PlaceHold:
    return m.PlaceHold(listing_id=LISTING, platform="lazada", case_id=case_id)


def ack(number: int, kind: m.AcknowledgementKind, cause: str = "") -> m.Acknowledge:
    return m.Acknowledge(command_id=f"{LISTING}#{number}", kind=kind, merchant_id="m-9", cause=cause)


def test_the_first_hold_removes_and_the_last_release_reinstates() -> None:
    listing = Listing()
    listing.hold(A)
    assert listing.known.state == "removing"
    listing.removed(1)
    listing.release(A)
    done = listing.reinstated(2)
    assert isinstance(done, m.ReinstatementAcknowledged)
    assert (done.released, listing.known.state, listing.known.merchant_id) == ((A,), "up", "m-9")
    assert listing.commands == [("remove", f"{LISTING}#1"), ("reinstate", f"{LISTING}#2")]


def test_a_further_hold_on_a_listing_that_is_down_is_answered_at_once() -> None:
    listing = Listing()
    listing.hold(A)
    listing.removed(1)
    second = listing.hold(B)
    assert isinstance(second, m.HoldPlaced)
    assert second.already_down
    assert len(listing.commands) == 1
    first_release = listing.release(A)
    assert isinstance(first_release, m.HoldReleased)
    assert first_release.held_by_others
    listing.release(B)
    done = listing.reinstated(2)
    assert isinstance(done, m.ReinstatementAcknowledged)
    assert done.released == (A, B), "both see their listing come back"


def test_a_further_hold_while_the_removal_is_on_its_way_waits_for_the_same_acknowledgement() -> None:
    listing = Listing()
    listing.hold(A)
    second = listing.hold(B)
    assert isinstance(second, m.HoldPlaced)
    assert not second.already_down
    listing.removed(1)
    assert (listing.known.holders, len(listing.commands)) == ((A, B), 1)


def test_a_release_while_the_removal_is_on_its_way_reinstates_at_once() -> None:
    listing = Listing()
    listing.hold(A)
    listing.release(A)
    assert listing.refused(ack(1, "removed")) == "acknowledgement-superseded"
    assert listing.refused(ack(1, "failed")) == "acknowledgement-superseded"
    listing.reinstated(2)
    assert listing.known.state == "up"


def test_a_hold_while_the_listing_is_coming_back_removes_it_again() -> None:
    listing = Listing()
    listing.hold(A)
    listing.removed(1)
    listing.release(A)
    listing.hold(B)
    assert [kind for kind, _ in listing.commands] == ["remove", "reinstate", "remove"]
    assert listing.refused(ack(2, "reinstated")) == "acknowledgement-superseded"
    listing.removed(3)
    listing.release(B)
    done = listing.reinstated(4)
    assert isinstance(done, m.ReinstatementAcknowledged)
    assert done.released == (A, B), "the first release was never completed before"


def test_a_case_that_holds_again_is_not_told_of_the_reinstatement_it_no_longer_wants() -> None:
    listing = Listing()
    listing.hold(A)
    listing.removed(1)
    listing.release(A)
    listing.hold(A)
    assert (listing.known.holders, listing.known.released) == ((A,), ())


def test_repeated_holds_releases_and_acknowledgements_are_passed_over() -> None:
    listing = Listing()
    assert listing.refused(m.ReleaseHold(case_id=A)) == "does-not-hold"
    listing.hold(A)
    assert listing.refused(place(A)) == "already-holds"
    listing.removed(1)
    assert listing.refused(ack(1, "removed")) == "acknowledgement-superseded"
    listing.release(A)
    assert listing.refused(m.ReleaseHold(case_id=A)) == "does-not-hold"


def test_an_acknowledgement_of_what_was_never_asked_is_refused() -> None:
    listing = Listing()
    assert listing.refused(ack(1, "removed"), obsolete=False) == "never-commanded"
    listing.hold(A)
    for command_id in (f"{LISTING}#2", f"{LISTING}#0", f"{LISTING}#x", f"{LISTING}#٣", "taobao:item:1#1", "", "#1"):
        odd = m.Acknowledge(command_id=command_id, kind="removed", merchant_id="m-9")
        assert listing.refused(odd, obsolete=False) == "never-commanded", command_id
    assert listing.refused(ack(1, "reinstated"), obsolete=False) == "wrong-acknowledgement"


def test_a_failed_command_is_repeated_under_its_own_number_with_doubled_waits_and_without_limit() -> None:
    listing = Listing()
    listing.hold(A)
    waits = []
    for number in range(1, 8):
        listing.failed(number)
        assert listing.known.failures == number
        retry = listing.known.retry
        assert retry is not None
        waits.append((retry.due - listing.now) // timedelta(minutes=1))
        assert listing.refused(m.RetryDue(deadline_id=retry.id)) == "deadline-not-due"
        listing.now = retry.due
        listing.then(m.RetryDue(deadline_id=retry.id))
        assert listing.refused(m.RetryDue(deadline_id=retry.id)) == "deadline-not-current"
    assert waits == [5, 10, 20, 30, 30, 30, 30]
    listing.removed(8)
    assert (listing.known.failures, listing.known.retry, listing.known.state) == (0, None, "down")


def test_a_failure_reported_twice_is_counted_once() -> None:
    listing = Listing()
    listing.hold(A)
    listing.failed(1)
    assert listing.refused(ack(1, "failed", "timeout")) == "failure-known"


def test_a_success_after_a_reported_failure_of_the_same_command_counts() -> None:
    listing = Listing()
    listing.hold(A)
    listing.failed(1)
    listing.removed(1)
    assert listing.known.state == "down"
    assert listing.refused(m.RetryDue(deadline_id="retry-command:1")) == "deadline-not-current"


def test_a_release_ends_the_retries_of_the_removal() -> None:
    listing = Listing()
    listing.hold(A)
    listing.failed(1)
    listing.release(A)
    assert (listing.known.retry, listing.known.failures) == (None, 0)
    assert listing.commands[-1] == ("reinstate", f"{LISTING}#2")


@pytest.mark.parametrize(("said", "kept"), [("timeout", "timeout"), ("Shop of Mr Li is closed", "unspecified")])
def test_a_cause_is_a_code_or_nothing(said: str, kept: str) -> None:
    listing = Listing()
    listing.hold(A)
    failed = listing.then(ack(1, "failed", said))
    assert isinstance(failed, m.CommandFailed)
    assert failed.cause == kept


def test_a_failure_is_published_with_its_retry_as_a_deadline() -> None:
    listing = Listing()
    listing.hold(A)
    event = listing.failed(1)
    (record,) = publish(listing.known, event, 2)
    assert record.topic == "complaints.measures.v1"
    (deadline,) = record.data.model_dump()["deadlines"]
    assert (deadline["id"], deadline["kind"]) == ("retry-command:1", "retry-command")
    assert deadline["due"] == NOON + timedelta(minutes=5)


def test_a_command_names_the_parts_of_the_canonical_listing() -> None:
    listing = Listing()
    event = listing.hold(A)
    record, _ = publish(listing.known, event, 1)  # the command first: the marketplace is who waits
    assert isinstance(record.data, takedowns.RemoveListing)
    assert (record.data.platform, record.data.site, record.data.kind, record.data.number) == (
        "lazada",
        "sg",
        "item",
        "456",
    )


def test_measure_and_events_survive_the_store() -> None:
    listing = Listing()
    told = [listing.hold(A), listing.failed(1)]
    retry = listing.known.retry
    assert retry is not None
    listing.now = retry.due
    told.append(listing.then(m.RetryDue(deadline_id=retry.id)))
    told += [listing.removed(2), listing.hold(B), listing.release(A), listing.release(B), listing.reinstated(3)]
    assert {type(event) for event in told} == set(m.EVENTS)
    for event in told:
        adapter: TypeAdapter[m.Event] = TypeAdapter(type(event))
        assert adapter.validate_json(adapter.dump_json(event)) == event
    measure = TypeAdapter(m.Measure)
    assert measure.validate_json(measure.dump_json(listing.known)) == listing.known
