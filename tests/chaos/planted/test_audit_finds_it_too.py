"""What `ipp audit verify` decides by finds the same changes of history as the checker's own I10 does."""

from pathlib import Path

import pytest

from deploy.audit.histories import Judge, anchor_of
from services.complaints.cases.store import CASES
from tests.chaos.planted import scenarios
from tests.chaos.planted.looking import document
from tests.chaos.planted.people import People
from tests.chaos.planted.test_planted_bugs import TAMPERED
from tests.chaos.planted.world import World


@pytest.mark.parametrize("how", ["", *TAMPERED])
async def test_the_audit_judges_as_the_checker_does(how: str, tmp_path: Path) -> None:
    people = People(World(), tmp_path / "ledger.jsonl")
    await scenarios.with_hands_in_the_store(TAMPERED.get(how, lambda _: None))(people)
    log = people.world.broker.topics["complaints.cases.v1"]
    anchors = [anchor_of(record.topic, record.partition, record.offset, record.value) for record in log]
    [(case, kept)] = people.world.stores["complaints.cases"].documents.items()
    finding = Judge("complaints", CASES).judge(case, document(kept), (), [each for each in anchors if each])
    assert (finding is not None) == bool(how)
