"""A submission: rows judged one by one, numbers derived, told when filed and where it is corrected."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from services.complaints.intake import model as m
from services.complaints.intake.publishing import publish
from shared.contracts.complaints import submissions as contract
from shared.kernel.decider import Obsolete, Refusal, fold

NOW = datetime(2026, 2, 13, 2, 0, tzinfo=UTC)
RULES = m.Rules("2026-01", max_listings=3)
NUMBER = m.submission_number("acc-1", "key-1")


def start(*rows: m.Row) -> m.StartSubmission:
    return m.StartSubmission(
        submission_id=NUMBER,
        account_id="acc-1",
        by="acc-1",
        platform="taobao",
        complaint_type="trademark",
        right_id="rgt-1",
        right_fingerprint="trademark|CN|1",
        reason="counterfeit",
        rows=rows,
    )


def listing(row: int, number: int) -> m.Row:
    return m.Row(row=row, listing_id=f"taobao:item:{number}")


def started(*rows: m.Row) -> m.Submission:
    return _after(None, start(*rows))


def _after(submission: m.Submission | None, command: m.Command) -> m.Submission:
    after = fold(m.evolve, submission, m.decide(submission, command, NOW, RULES))
    assert after is not None
    return after


def test_the_same_request_has_the_same_number_and_another_has_another() -> None:
    assert m.submission_number("acc-1", "key-1") == NUMBER
    assert NUMBER not in (m.submission_number("acc-1", "key-2"), m.submission_number("acc-2", "key-1"))
    assert (len(NUMBER), NUMBER[:4]) == (14, "IPP-")


def test_every_listing_makes_a_case_with_a_suffix() -> None:
    submission = started(listing(1, 11), listing(2, 12))
    assert submission.case_ids == (f"{NUMBER}-001", f"{NUMBER}-002")


def test_one_bad_row_never_rejects_the_others() -> None:
    submission = started(
        m.Row(row=1, problem="not-a-listing"),
        listing(2, 12),
        m.Row(row=3, listing_id="taobao:item:13", problem="duplicate-case", known_case_id="IPP-X-001"),
    )
    assert [(case.row, case.case_id) for case in submission.cases] == [(2, f"{NUMBER}-001")]
    assert submission.refused == (
        m.RefusedRow(row=1, problem="not-a-listing"),
        m.RefusedRow(row=3, problem="duplicate-case", known_case_id="IPP-X-001"),
    )


def test_the_rows_beyond_the_limit_are_refused_and_repeats_do_not_count() -> None:
    submission = started(listing(1, 11), listing(2, 11), listing(3, 12), listing(4, 13), listing(5, 14), listing(6, 15))
    assert [case.row for case in submission.cases] == [1, 3, 4]
    assert [(refused.row, refused.problem) for refused in submission.refused] == [
        (2, "repeats-row"),
        (5, "beyond-limit"),
        (6, "beyond-limit"),
    ]
    assert submission.refused[0].known_case_id == f"{NUMBER}-001"


def test_bad_rows_do_not_count_towards_the_limit_so_that_a_good_one_always_makes_a_case() -> None:
    submission = started(*(m.Row(row=row, problem="not-a-listing") for row in (1, 2, 3)), listing(4, 14))
    assert [case.row for case in submission.cases] == [4]


def test_warnings_travel_with_their_row() -> None:
    submission = started(m.Row(row=1, listing_id="taobao:item:11", warnings=("class-not-covered",)))
    assert submission.cases[0].warnings == ("class-not-covered",)


def test_a_submission_is_told_when_it_is_filed_and_again_where_rows_made_no_case_after_all() -> None:
    submission = started(listing(1, 11), listing(2, 12))
    (record,) = publish(submission, m.decide(None, start(listing(1, 11), listing(2, 12)), NOW, RULES)[0], 1)
    assert (record.topic, record.key) == ("complaints.submissions.v1", NUMBER)
    assert isinstance(record.data, contract.SubmissionFiled)
    assert (record.data.case_ids, record.data.refused_rows) == ((f"{NUMBER}-001", f"{NUMBER}-002"), 0)
    duplicate = m.RefusedRow(row=1, problem=m.DUPLICATE_CASE)
    (corrected,) = m.decide(submission, m.CompleteSubmission(refused=(duplicate,)), NOW, RULES)
    submission = m.evolve(submission, corrected)
    (record,) = publish(submission, corrected, 2)
    assert isinstance(record.data, contract.SubmissionCorrected)
    assert (record.data.case_ids, record.data.refused_rows) == ((f"{NUMBER}-002",), 1)


def test_a_repeat_is_obsolete() -> None:
    submission = started(listing(1, 11))
    with pytest.raises(Obsolete, match="already-started"):
        m.decide(submission, start(listing(1, 11)), NOW, RULES)
    with pytest.raises(Obsolete, match="nothing-to-correct"):
        m.decide(submission, m.CompleteSubmission(), NOW, RULES)
    duplicate = m.CompleteSubmission(refused=(m.RefusedRow(row=1, problem=m.DUPLICATE_CASE),))
    submission = _after(submission, duplicate)
    with pytest.raises(Obsolete, match="already-completed"):
        m.decide(submission, duplicate, NOW, RULES)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(Refusal, match="no-such-submission"):
        m.decide(None, m.CompleteSubmission(), NOW, RULES)
    with pytest.raises(Refusal, match="no-listings"):
        m.decide(None, start(), NOW, RULES)
    with pytest.raises(Refusal, match="no-such-row"):
        unknown = m.RefusedRow(row=9, problem=m.DUPLICATE_CASE)
        m.decide(started(listing(1, 11)), m.CompleteSubmission(refused=(unknown,)), NOW, RULES)


def test_a_submission_survives_the_store() -> None:
    duplicate = m.RefusedRow(row=1, problem=m.DUPLICATE_CASE)
    filed = started(listing(1, 11), m.Row(row=2, problem="not-a-listing"), listing(3, 13))
    submission = _after(filed, m.CompleteSubmission(refused=(duplicate,)))
    adapter = TypeAdapter(m.Submission)
    assert adapter.validate_json(adapter.dump_json(submission)) == submission
