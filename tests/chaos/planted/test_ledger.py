"""The client's ledger: what is on disk when a client, or its machine, is gone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.chaos.checker import Ledger, read_promises

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_an_attempt_is_known_before_it_is_answered(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.asking("submission", key="key-1", by="acc-1", at=AT, body=b"{}", urls=["https://a"])
    [promise] = read_promises(tmp_path / "ledger.jsonl")
    assert (promise.key, promise.by, promise.urls, promise.asked_at) == ("key-1", "acc-1", ("https://a",), AT)
    assert promise.status is None
    assert not promise.kept_to


def test_an_answer_belongs_to_its_own_attempt(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.jsonl") as ledger:
        ledger.asking("submission", key="key-1", by="acc-1", at=AT)
        second = ledger.asking("submission", key="key-1", by="acc-1", at=AT)
        ledger.answered(second, 201, at=AT + timedelta(seconds=1), case_ids=["IPP-1-001"])
    first, again = read_promises(tmp_path / "ledger.jsonl")
    assert (first.status, again.status, again.case_ids) == (None, 201, ("IPP-1-001",))
    assert again.kept_to
    assert again.answered_at == AT + timedelta(seconds=1)


def test_a_refusal_is_no_promise(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.jsonl") as ledger:
        attempt = ledger.asking("counter", key="key-1", by="m-1", at=AT, case_id="IPP-1-001")
        ledger.answered(attempt, 409, at=AT, problem="too-late")
    [promise] = read_promises(tmp_path / "ledger.jsonl")
    assert not promise.kept_to
    assert (promise.case_id, promise.problem) == ("IPP-1-001", "too-late")


def test_a_line_that_was_cut_off_is_left_out_and_a_further_client_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Ledger(path) as ledger:
        ledger.asking("submission", key="key-1", by="acc-1", at=AT)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    assert [promise.key for promise in read_promises(path)] == ["key-1"]
    with Ledger(path) as ledger:
        ledger.asking("submission", key="key-2", by="acc-1", at=AT)
        ledger.asking("submission", key="key-3", by="acc-1", at=AT)
    assert [promise.key for promise in read_promises(path)] == ["key-1", "key-2", "key-3"]
