"""A notice: planned once, served by the first address that takes it, failed when none ever will."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.notices.model import (
    Address,
    AddressFailed,
    CopyDelivered,
    Event,
    Notice,
    NoticeFailed,
    NoticePlanned,
    NoticeServed,
    PlanNotice,
    Refused,
    Taken,
    after,
    plan,
    record,
)
from shared.kernel.decider import Refusal

T0 = datetime(2026, 2, 13, 6, 0, tzinfo=UTC)
T1 = T0 + timedelta(minutes=10)
COUNTER_RECEIVED = PlanNotice(
    cause_id="case/IPP-7K2M9QX4TD-001/6",
    about="IPP-7K2M9QX4TD-001",
    about_kind="case",
    account_id="acc-1",
    party="owner",
    recipient_id="acc-1",
    template="counter-received",
    addresses=("contact", "login"),
    language="zh",
)


def taken(address: Address) -> Taken:
    return Taken(address=address, language="en", message_id=f"<n.{address}@x>", address_mac=f"mac-{address}")


def planned(command: PlanNotice = COUNTER_RECEIVED) -> Notice:
    notice = after(plan(None, command, T0))
    assert notice is not None
    return notice


def then(notice: Notice, events: tuple[Event, ...]) -> Notice:
    found = after(events, notice)
    assert found is not None
    return found


def test_given_nothing_when_planned_then_it_waits_for_every_address() -> None:
    [event] = plan(None, COUNTER_RECEIVED, T0)
    assert isinstance(event, NoticePlanned)
    assert event.at == T0
    notice = planned()
    assert (notice.status, notice.open, notice.planned_at) == ("planned", ("contact", "login"), T0)


def test_given_the_notice_when_planned_again_then_nothing_happens() -> None:
    assert plan(planned(), COUNTER_RECEIVED, T1) == ()


def test_the_id_is_the_same_for_the_same_event_party_and_template_and_for_no_other() -> None:
    again = PlanNotice(**{name: getattr(COUNTER_RECEIVED, name) for name in COUNTER_RECEIVED.__dataclass_fields__})
    assert again.notice_id == COUNTER_RECEIVED.notice_id
    others = (
        {"cause_id": "case/IPP-7K2M9QX4TD-001/9"},
        {"party": "merchant"},
        {"template": "dispute-opened"},
    )
    fields = {name: getattr(COUNTER_RECEIVED, name) for name in COUNTER_RECEIVED.__dataclass_fields__}
    ids = {PlanNotice(**{**fields, **other}).notice_id for other in others}
    assert len(ids) == 3
    assert COUNTER_RECEIVED.notice_id not in ids


@pytest.mark.parametrize("addresses", [(), ("contact", "contact")])
def test_a_notice_goes_to_at_least_one_address_and_to_each_once(addresses: tuple[str, ...]) -> None:
    fields = {name: getattr(COUNTER_RECEIVED, name) for name in COUNTER_RECEIVED.__dataclass_fields__}
    with pytest.raises(Refusal) as refused:
        plan(None, PlanNotice(**{**fields, "addresses": addresses}), T0)
    assert refused.value.code == "addresses-not-valid"


def test_given_two_addresses_when_one_takes_it_then_it_is_served_and_the_other_still_gets_its_copy() -> None:
    events = record(planned(), [taken("login")], T1)
    assert [type(event) for event in events] == [NoticeServed]
    notice = then(planned(), events)
    assert (notice.status, notice.served_at, notice.open) == ("served", T1, ("contact",))
    assert notice.language == "en"  # what it was written in

    later = T1 + timedelta(days=1)
    copies = record(notice, [taken("contact")], later)
    assert [type(event) for event in copies] == [CopyDelivered]
    done = then(notice, copies)
    assert (done.served_at, done.open) == (T1, ())  # the first success keeps the clock
    assert [proof.address for proof in done.proofs] == ["login", "contact"]


def test_given_two_addresses_when_both_take_it_at_once_then_one_service_and_one_copy() -> None:
    events = record(planned(), [taken("contact"), taken("login")], T1)
    assert [type(event) for event in events] == [NoticeServed, CopyDelivered]


def test_given_two_addresses_when_one_is_refused_for_good_then_the_notice_stays_planned_for_the_other() -> None:
    events = record(planned(), [Refused(address="contact", cause="smtp-550")], T1)
    assert events == (AddressFailed(at=T1, address="contact", cause="smtp-550"),)
    notice = then(planned(), events)
    assert (notice.status, notice.open) == ("planned", ("login",))


def test_given_no_other_address_when_the_last_is_refused_for_good_then_the_notice_failed() -> None:
    events = record(
        planned(),
        [Refused(address="contact", cause="smtp-550"), Refused(address="login", cause="smtp-553")],
        T1,
    )
    assert [type(event) for event in events] == [AddressFailed, AddressFailed, NoticeFailed]
    notice = then(planned(), events)
    assert (notice.status, notice.open, notice.failure, notice.served_at) == ("failed", (), "smtp-553", None)


def test_given_it_is_served_when_the_other_address_is_refused_then_it_stays_served() -> None:
    served = then(planned(), record(planned(), [taken("contact")], T1))
    events = record(served, [Refused(address="login", cause="same-address")], T1)
    assert [type(event) for event in events] == [AddressFailed]
    assert then(served, events).status == "served"


def test_given_a_crash_between_sending_and_recording_when_it_is_recorded_twice_then_once_in_effect() -> None:
    served = then(planned(), record(planned(), [taken("contact"), taken("login")], T1))
    assert record(served, [taken("contact"), taken("login")], T1 + timedelta(hours=1)) == ()
    assert record(served, [Refused(address="login", cause="smtp-550")], T1) == ()


def test_recording_without_a_notice_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        record(None, [taken("contact")], T1)
    assert refused.value.code == "no-such-notice"
