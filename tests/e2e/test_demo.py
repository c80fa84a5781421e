"""A whole run with processes: seventy complaints through weeks, one service killed under load, every end checked."""

import json
import re
from pathlib import Path

from deploy.simulator.demo import Run, perform
from deploy.simulator.drawing import make_plan


async def test_every_complaint_comes_to_its_planned_end_though_a_service_is_killed(tmp_path: Path) -> None:
    run = Run(seed=20, complaints=70, kill=("complaints",), folder=tmp_path / "stage", report=tmp_path / "demo.json")

    result = await perform(run, print, lambda progress: None)

    assert result.verdict.lost == []
    assert result.verdict.mismatched == []
    figures = json.loads(run.report.read_text())
    assert figures["by_state"] == make_plan(20, 70).by_state()
    assert (figures["complaints"], figures["lost"], figures["mismatched"]) == (70, 0, 0)
    assert figures["restarts"] == {"complaints": 2}
    assert figures["store_writes_per_case"] > 0
    assert re.match(r"0 of \d{3,} found in \d{4,} ", figures["personal_values_on_topics_in_logs_and_stores"])
