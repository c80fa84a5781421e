"""What `ipp rebuild --compare` says of a comparison, and how it ends."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.rebuild import Comparison, Difference

EQUAL = Comparison("scoring.outcomes", live=3, rebuilt=3, records=9, seconds=1.0)
APART = Difference("t", "k", {"points": 1}, {"points": 2})
MOVED = "2 keys still moved: t a, t b"


def _of(**more: Any) -> Comparison:
    return Comparison(**{**vars(EQUAL), **more})


@pytest.mark.parametrize(
    ("found", "status", "verdict", "error"),
    [
        (EQUAL, 0, "3 rebuilt: equal (1.0 s)", ""),
        (_of(unread=4), 0, "3 rebuilt: equal (1.0 s); 4 records of its outputs could not be read", ""),
        (_of(differences=(APART,), different=1), 1, "3 rebuilt: 1 differences (1.0 s)", ""),
        (
            _of(foreign_writes=("live.v1",)),
            1,
            "3 rebuilt: no difference in its outputs, but it wanted to write elsewhere (1.0 s)",
            "",
        ),
        (
            _of(moved=("t a", "t b"), moving=2),
            2,
            "3 rebuilt: not decided (1.0 s)",
            f"not decided: {MOVED}; the platform is busy, try again",
        ),
        (_of(differences=(APART,), different=1, moved=("t a", "t b"), moving=2), 1, "3 rebuilt: 1 differences", ""),
    ],
)
def test_a_comparison_is_told_as_what_it_is(
    monkeypatch: pytest.MonkeyPatch, found: Comparison, status: int, verdict: str, error: str
) -> None:
    async def compared(*_: Any, **__: Any) -> Comparison:
        return found

    monkeypatch.setattr("deploy.cli.rebuild.rebuild_processor", compared)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "nowhere:0")
    command = ["rebuild", "scoring.outcomes", "--compare"]
    done, as_json = CliRunner().invoke(app, command), CliRunner().invoke(app, [*command, "--json"])

    assert (done.exit_code, as_json.exit_code) == (status, status)
    assert verdict in done.stdout.splitlines()[-1]
    assert done.stderr.splitlines()[-1:] == ([error] if error else [])
    assert json.loads(as_json.stdout)["equal"] is (status == 0)
    assert (MOVED in done.output) is bool(found.moving)
