"""The two corpora: every hostile file is refused with what it was made to be, every benign one is taken."""

import pytest

from shared.files.inspection import inspect
from shared.files.verdict import MENDS, Accepted, Refused
from shared.policies.loading import load_policy_book
from tests.support.files.benign import BENIGN
from tests.support.files.case import Case
from tests.support.files.hostile import HOSTILE

FILES = load_policy_book().version("2026-01").files


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case.id)
def test_a_benign_file_is_taken(case: Case) -> None:
    content = case.make()
    verdict = inspect(content, case.filename, getattr(FILES, case.limit))
    assert isinstance(verdict, Accepted), verdict
    assert verdict.size == len(content)
    assert (verdict.width is None) == (verdict.kind in ("pdf", "tsa"))


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.id)
def test_a_hostile_file_is_refused_for_what_it_is(case: Case) -> None:
    verdict = inspect(case.make(), case.filename, getattr(FILES, case.limit))
    assert isinstance(verdict, Refused), "it was taken"
    assert case.code in verdict.codes
    assert all(each.detail and each.mend for each in verdict.findings)


def test_the_corpora_are_as_large_as_they_are_said_to_be() -> None:
    for corpus in (BENIGN, HOSTILE):
        assert len({case.id for case in corpus}) == len(corpus)
    assert len(BENIGN) >= 100
    assert len(HOSTILE) >= 200
    assert len({case.family for case in HOSTILE}) >= 15


def test_every_code_of_the_inspection_is_met_by_a_hostile_file() -> None:
    of_the_scanner = {"document-infected", "document-not-scanned"}
    assert {case.code for case in HOSTILE} == set(MENDS) - of_the_scanner
