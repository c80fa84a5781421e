"""Touches add up to persons; places of vaults are kinds of data; the answer in a file is read again, or refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.incidents.places import kind_of
from deploy.incidents.question import Answer, Counting, Kind, NotAnAnswer, Person, Question, pages, read_answer

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
QUESTION = Question(since=T0, until=T0 + timedelta(days=1))


def test_touches_in_any_order_are_counted_by_person_and_kind_with_the_first_and_the_last() -> None:
    counting = Counting()
    for subject, what, hours in (
        ("acc-b", "phone", 5),
        ("acc-a", "phone", 3),
        ("acc-b", "phone", 1),
        ("acc-b", "x", 2),
    ):
        counting.add(subject, what, T0 + timedelta(hours=hours))
    assert counting.persons() == [
        Person(
            subject="acc-b",
            kinds=[
                Kind(what="phone", records=2, first=T0 + timedelta(hours=1), last=T0 + timedelta(hours=5)),
                Kind(what="x", records=1, first=T0 + timedelta(hours=2), last=T0 + timedelta(hours=2)),
            ],
        ),
        Person(
            subject="acc-a",
            kinds=[Kind(what="phone", records=1, first=T0 + timedelta(hours=3), last=T0 + timedelta(hours=3))],
        ),
    ]


def test_what_lay_sealed_has_no_times() -> None:
    counting = Counting()
    for _ in range(3):
        counting.add("acc-a", "phone", None)
    [person] = counting.persons()
    assert person.kinds == [Kind(what="phone", records=3)]


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("account/email", "login-email"),
        ("identity/document", "identity-document"),
        ("right/registrant", "right-registrant"),
        ("taobao:submission/IPP-7K2M9QX4TD/evidence", "evidence"),
        ("lazada:case/IPP-7K2M9QX4TD-001/counter", "counter-notification"),
        ("1688:case/IPP-7K2M9QX4TD-001/dispute", "statement"),
        ("tmall:case/IPP-7K2M9QX4TD-001/supplement", "supplement"),
        ("taobao:case/IPP-1-001/evidence/3", "evidence"),
        ("something/new", "new"),
        ("UPPER", "text"),
        ("", "text"),
    ],
)
def test_a_place_is_a_kind_of_data(place: str, kind: str) -> None:
    assert kind_of(place) == kind


def test_an_answer_is_read_again_as_it_was_written(tmp_path: Path) -> None:
    persons = [Person(subject="acc-a", kinds=[Kind(what="phone", records=2, first=T0, last=T0)])]
    answer = Answer(question=QUESTION, persons=persons, records_by_service={"ipr": 2}, notes=["n"])
    file = tmp_path / "answer.json"
    file.write_text(answer.model_dump_json())
    assert read_answer(file) == answer
    assert (answer.records, answer.persons_by_kind) == (2, {"phone": 1})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"question": {}}', "\x00", '{"persons": []}'])
def test_what_is_no_answer_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answer.json"
    file.write_text(text)
    with pytest.raises(NotAnAnswer):
        read_answer(file)


def test_pages_hold_everybody_once() -> None:
    persons = [Person(subject=f"acc-{number}", kinds=[]) for number in range(7)]
    assert [len(page) for page in pages(persons, 3)] == [3, 3, 1]
    assert [each for page in pages(persons, 3) for each in page] == persons
