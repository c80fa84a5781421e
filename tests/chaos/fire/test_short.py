"""The short form: a service and a role killed, broker and store restarted, a link cut, records copied, a process
stopped, all under load. Nothing accepted is lost, nothing happens twice, and the world catches up."""

import logging
from pathlib import Path

import pytest

from tests.chaos.fire.schedule import SHORT
from tests.chaos.report import Run
from tests.chaos.run import perform

_SEED = 20


@pytest.fixture(autouse=True)
def quiet_clients() -> None:
    """That the broker is away is no news here."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


async def test_a_platform_under_fire_keeps_its_word(tmp_path: Path) -> None:
    run = Run(seed=_SEED, form="short", minutes=1, complaints=30, split=("complaints",), folder=tmp_path)

    result = await perform(run, print)

    assert [str(breach) for breach in result.breaches] == []
    assert result.busy == ""
    assert result.problems == []
    assert result.left_over == []
    assert {one.kind for one in result.injected} == {kind for volley in SHORT for kind in volley}
    assert result.figures["cases"] >= run.complaints
    assert len(result.catch_ups) == len(SHORT)
    assert result.late == 0, result.catch_ups
