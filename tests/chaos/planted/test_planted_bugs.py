"""Each bug is put into a sound world, and the invariant that it breaks tells; the same world without it breaks none."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.checker import Breach, check
from tests.chaos.planted import broken_domain, broken_stores, broken_streams, broken_transport, scenarios
from tests.chaos.planted.looking import look_at
from tests.chaos.planted.people import People
from tests.chaos.planted.scenarios import Scenario
from tests.chaos.planted.world import Parts, World


@dataclass(frozen=True)
class Planted:
    """What is broken, what happens, and which invariants must tell of it."""

    bug: str
    parts: Parts
    scenario: Scenario
    caught_by: frozenset[str]


def _planted(bug: str, parts: Parts, scenario: Scenario, *caught_by: str) -> Planted:
    return Planted(bug, parts, scenario, frozenset(caught_by))


PLANTED = (
    _planted(
        "a reaction acknowledges before it writes",
        Parts(consumer=broken_transport.AcksBeforeWriting),
        scenarios.a_crash_while_a_hold_is_placed,
        "I1",
        "I4",
    ),
    _planted(
        "a reaction acknowledges before it writes, and the case goes on",
        Parts(consumer=broken_transport.AcksBeforeWriting),
        scenarios.a_crash_while_a_hold_is_placed_and_the_case_goes_on,
        "I9",
    ),
    _planted(
        "a submission is answered before it is durable",
        Parts(store=broken_stores.of(broken_stores.WritesLater)),
        scenarios.a_power_cut_after_the_answer,
        "I1",
    ),
    _planted(
        "nobody completes an unfinished submission",
        Parts(intake=broken_domain.NeverSweeps),
        scenarios.a_crash_between_submission_and_cases,
        "I1",
    ),
    _planted(
        "an idempotency key is not bound",
        Parts(intake=broken_domain.KeyNotBound),
        scenarios.an_answer_lost_on_its_way,
        "I2",
    ),
    _planted(
        "compare-and-set is left out, two decisions",
        Parts(store=broken_stores.of(broken_stores.NoCompareAndSet)),
        scenarios.two_reviewers_at_once,
        "I3",
    ),
    _planted(
        "the inbox's position is not looked at",
        Parts(consumer=broken_transport.TakesRepeats),
        scenarios.an_old_record_comes_again,
        "I4",
    ),
    _planted(
        "a measure sends remove for each hold",
        Parts(measures=broken_domain.RemovesForEachHold),
        scenarios.two_rights_on_one_listing,
        "I4",
    ),
    _planted(
        "a measure reinstates while another holds",
        Parts(measures=broken_domain.ReinstatesAtEachRelease),
        scenarios.two_rights_on_one_listing,
        "I4",
    ),
    _planted(
        "a timer fires early",
        Parts(deadlines=broken_streams.fires_early),
        scenarios.an_hour_after_service,
        "I5",
    ),
    _planted(
        "an early expiry is believed",
        Parts(deadlines=broken_streams.fires_early, cases=broken_domain.BelievesEveryExpiry),
        scenarios.an_hour_after_service,
        "I5",
    ),
    _planted(
        "a timer forgets at a restart",
        Parts(deadlines=broken_streams.forgets_deadlines),
        scenarios.silence_after_a_restart,
        "I5",
    ),
    _planted(
        "an answer in time is refused",
        Parts(cases=broken_domain.CountsTheWayIn),
        scenarios.an_answer_in_the_last_hour,
        "I6",
    ),
    _planted(
        "an answer too late is taken",
        Parts(cases=broken_domain.ForgivesALateAnswer),
        scenarios.an_answer_too_late,
        "I6",
    ),
    _planted(
        "compare-and-set is left out, answer and expiry",
        Parts(store=broken_stores.of(broken_stores.NoCompareAndSet)),
        scenarios.an_answer_races_its_expiry,
        "I6",
    ),
    _planted(
        "an outcome tells the state before",
        Parts(outcomes=broken_streams.TellsTheStateBefore),
        scenarios.an_ordinary_week,
        "I6",
    ),
    _planted(
        "a relay skips a record",
        Parts(relay=broken_transport.SkipsARecord),
        scenarios.an_ordinary_week,
        "I7",
    ),
    _planted(
        "a relay pulls before the acknowledgement",
        Parts(relay=broken_transport.PullsBeforeAcknowledged),
        scenarios.a_short_outage_of_one_topic,
        "I7",
        "I4",
    ),
    _planted(
        "a relay sends on after a failure",
        Parts(relay=broken_transport.GoesOnAfterAFailure),
        scenarios.a_short_outage_with_two_records_waiting,
        "I7",
    ),
    _planted(
        "an outbox is filled though the change was not made",
        Parts(store=broken_stores.of(broken_stores.PublishesWhatLost)),
        scenarios.two_reviewers_at_once,
        "I7",
    ),
    _planted(
        "a processor counts what comes again",
        Parts(penalties=broken_streams.counts_repeats),
        scenarios.redelivery_after_a_restart,
        "I8",
    ),
    _planted(
        "a processor forgets at a restart",
        Parts(outcomes=broken_streams.ForgetsOutcomes),
        scenarios.redelivery_after_a_restart,
        "I8",
        "I6",
    ),
    _planted(
        "a rebuild writes to the live topics",
        Parts(shadow_suffix=""),
        scenarios.an_ordinary_week,
        "I8",
    ),
    _planted(
        "a poison record stalls its partition",
        Parts(consumer=broken_transport.StandsStillAtPoison),
        scenarios.poison_on_a_shared_partition,
        "I9",
    ),
)

SCENARIOS = list(dict.fromkeys(planted.scenario for planted in PLANTED))
TAMPERED = {
    "edited": broken_stores.edited,
    "removed": broken_stores.removed,
    "reordered": broken_stores.reordered,
    "cut off": broken_stores.cut_off,
    "written anew with all its hashes": broken_stores.written_anew,
    "given another time": broken_stores.restamped,
}


async def _what_breaks(parts: Parts, scenario: Scenario, folder: Path) -> list[Breach]:
    people = People(World(parts), folder / "ledger.jsonl")
    await scenario(people)
    return check(look_at(people.world, people.promises()))


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.bug)
async def test_the_invariant_that_a_bug_breaks_tells_of_it(planted: Planted, tmp_path: Path) -> None:
    breaches = await _what_breaks(planted.parts, planted.scenario, tmp_path)
    assert planted.caught_by <= {breach.invariant for breach in breaches}
    assert all(breach.subject and breach.story for breach in breaches)


@pytest.mark.parametrize(
    "scenario", sorted({each.scenario for each in PLANTED}, key=str), ids=lambda each: each.__name__
)
async def test_the_same_world_without_a_bug_breaks_nothing(scenario: Scenario, tmp_path: Path) -> None:
    assert await _what_breaks(Parts(), scenario, tmp_path) == []


@pytest.mark.parametrize("how", TAMPERED)
async def test_a_history_changed_behind_the_applications_back_is_found(how: str, tmp_path: Path) -> None:
    breaches = await _what_breaks(Parts(), scenarios.with_hands_in_the_store(TAMPERED[how]), tmp_path)
    assert "I10" in {breach.invariant for breach in breaches}


def test_every_invariant_has_a_bug_that_breaks_it() -> None:
    caught = {invariant for planted in PLANTED for invariant in planted.caught_by} | {"I10"}
    assert caught == {f"I{number}" for number in range(1, 11)}
