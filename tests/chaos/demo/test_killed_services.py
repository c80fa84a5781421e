"""kill -9 of any service, or of all at once, in the middle of filing and of upholding: nothing accepted is lost."""

from pathlib import Path

import pytest

from deploy.local.services import SERVICES
from deploy.simulator.demo import Run, perform


@pytest.mark.parametrize("killed", [(name,) for name in SERVICES] + [SERVICES], ids="+".join)
async def test_every_accepted_complaint_comes_to_its_end(killed: tuple[str, ...], tmp_path: Path) -> None:
    run = Run(seed=7, complaints=35, kill=killed, folder=tmp_path / "stage", report=tmp_path / "demo.json")

    result = await perform(run, print, lambda progress: None)

    assert result.verdict.lost == []
    assert result.verdict.mismatched == []
    assert set(result.figures["restarts"]) == set(killed)
