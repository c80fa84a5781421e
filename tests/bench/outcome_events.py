"""Outcomes of cases as they come to the Good Faith processor, as bytes: seeded, so that all read the same."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from shared.contracts.envelope import Envelope, Headers, encode
from shared.contracts.scoring import outcomes

START = datetime.fromisoformat("2026-03-02T00:00:00Z")
_SPAN = timedelta(days=120)  # longer than the window of three months: days leave it too
_LATER = timedelta(days=2)


def outcome_events(cases: int, owners: int, seed: int = 1) -> Iterator[tuple[str, Headers, bytes]]:
    """Key, headers and value of three outcomes a case (filed, decided, ended), in the order of their times. Owners by
    Zipf's law; every ninth case is rejected, every thirtieth of the others lost to a counter-notification."""
    random = Random(seed)
    shares = list(accumulate(1 / rank for rank in range(1, owners + 1)))
    told: list[tuple[datetime, int, int, int]] = []
    whose = random.choices(range(owners), cum_weights=shares, k=cases)
    for case in range(cases):
        at = START + random.random() * _SPAN
        for step in range(3):
            told.append((at + step * _LATER, case, step, whose[case]))
    template = outcomes.BY_ACCOUNT.examples[0].model_dump(mode="json")
    for at, case, step, owner in sorted(told):
        yield _event(template, at.replace(microsecond=0), case, step, owner)


def _event(template: dict[str, object], at: datetime, case: int, step: int, owner: int) -> tuple[str, Headers, bytes]:
    account, name, sequence = f"acc-intl-{owner:020}", f"IPP-{case:010}-001", 2 * step + 1
    decision = None if step == 0 else "rejected" if case % 9 == 0 else "upheld"
    filed = (at - step * _LATER).isoformat().replace("+00:00", "Z")
    data = template | {
        "case_id": name,
        "case_sequence": sequence,
        "account_id": account,
        "filed_at": filed,
        "first_decision": decision,
        "counter_success": step == 2 and case % 30 == 1 and decision == "upheld",
    }
    envelope = Envelope(
        id=f"outcome/{name}/{sequence}",
        source="/scoring/outcomes",
        type=outcomes.CaseOutcome.type,
        subject=name,
        time=at,
        dataschema=outcomes.CaseOutcome.dataschema(),
        sequence=sequence,
        data=data,
        causationid=f"{name}/{sequence}",
        correlationid=f"cor-{case:010}",
    )
    headers, value = encode(envelope)
    return account, headers, value
