"""The command line: what it finds, what it says, how it ends."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from deploy.cli import main, show
from deploy.cli.dead_letters import Waiting
from deploy.cli.main import app
from deploy.cli.platform import Platform, find
from deploy.cli.up import journey, tap
from deploy.simulator.demo import Result, Run
from deploy.simulator.drawing import make_plan
from deploy.simulator.driver import Progress
from deploy.simulator.evidence import Evidence
from deploy.simulator.quiet import NeverQuiet
from deploy.simulator.stage import RUNNING, Scene, Stage
from deploy.simulator.verdict import judge
from tests.support.planned_events import case_id, findings_of, world_of

PLAN = make_plan(4, 70)
runner = CliRunner()


def _result(**more: Any) -> Result:
    world, found = world_of(PLAN), findings_of(PLAN)
    figures = {"complaints": 70, "listings_down": PLAN.down_by_platform(), "by_state": PLAN.by_state(), **more}
    return Result(PLAN, world, found.evidence, judge(PLAN, world, found), figures)


def _printed(print_it: Any, *arguments: Any) -> str:
    written = StringIO()
    print_it(Console(file=written, width=200, color_system=None), *arguments)
    return written.getvalue()


@pytest.fixture
def running(tmp_path: Path) -> Path:
    said = {
        "pid": os.getpid(),
        "kafka": "127.0.0.1:9",
        "mongo": "mongodb://127.0.0.1:8",
        "database_prefix": "demo1",
        "services": {"identity": "http://127.0.0.1:7"},
    }
    (tmp_path / RUNNING).write_text(json.dumps(said))
    return tmp_path


def test_a_running_platform_is_found_by_its_file(running: Path) -> None:
    assert find({}, (running,)) == Platform(
        "127.0.0.1:9", "mongodb://127.0.0.1:8", "demo1", {"identity": "http://127.0.0.1:7"}
    )


def test_the_environment_comes_first(running: Path) -> None:
    env = {"KAFKA_BOOTSTRAP": "kafka:9092", "MONGO_URL": "mongodb://mongo", "IPP_DATABASE_PREFIX": "p"}

    found = find(env, (running,))

    assert (found.kafka, found.mongo, found.database_prefix) == ("kafka:9092", "mongodb://mongo", "p")


SAME_BROKER, OTHER_BROKER = {"KAFKA_BOOTSTRAP": "127.0.0.1:9"}, {"KAFKA_BOOTSTRAP": "kafka:9092"}
SAME_STORE, OTHER_STORE = {"MONGO_URL": "mongodb://127.0.0.1:8"}, {"MONGO_URL": "mongodb://mongo"}
HERE = Platform("127.0.0.1:9", "mongodb://127.0.0.1:8", "demo1", {"identity": "http://127.0.0.1:7"})


@pytest.mark.parametrize(
    ("env", "found"),
    [
        (SAME_BROKER, HERE),
        (SAME_STORE, HERE),
        ({**SAME_BROKER, **SAME_STORE}, HERE),
        (OTHER_BROKER, Platform("kafka:9092", "")),
        ({**OTHER_BROKER, **OTHER_STORE}, Platform("kafka:9092", "mongodb://mongo")),
        ({**OTHER_BROKER, **SAME_STORE}, Platform("kafka:9092", "mongodb://127.0.0.1:8")),
    ],
)
def test_two_platforms_are_never_taken_for_one(running: Path, env: dict[str, str], found: Platform) -> None:
    """Nothing of the platform that runs here goes with another broker or store."""
    assert find(env, (running,)) == found


def test_another_store_alone_is_not_read_together_with_the_broker_that_runs_here(
    running: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        find(OTHER_STORE, (running,))

    said = "MONGO_URL names another store than that of the platform here: name its broker too, by KAFKA_BOOTSTRAP"
    assert (ended.value.exit_code, capsys.readouterr()) == (2, ("", said + "\n"))
    # Who needs the store only gets it, and neither the folder of keys nor the prefix of the platform here.
    assert find(OTHER_STORE, (running,), broker=False) == Platform("", "mongodb://mongo")


def test_of_two_platforms_that_run_here_the_one_that_is_named_is_found(running: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    said = json.loads((running / RUNNING).read_text()) | {"kafka": "kafka:9092", "database_prefix": "up"}
    (other / RUNNING).write_text(json.dumps(said))

    assert find({}, (running, other)).database_prefix == "demo1"
    assert find(OTHER_BROKER, (running, other)).database_prefix == "up"


def test_a_file_left_by_a_process_that_is_gone_is_no_platform(running: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    said = json.loads((running / RUNNING).read_text())
    (running / RUNNING).write_text(json.dumps(said | {"pid": child.pid}))

    with pytest.raises(typer.Exit) as ended:
        find({}, (running,))

    assert ended.value.exit_code == 2


@pytest.mark.parametrize("command", [["--help"], ["dlq", "--help"], ["demo", "--help"], ["up", "--help"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    done = runner.invoke(app, command)

    assert done.exit_code == 0
    assert "Usage" in done.output


@pytest.mark.parametrize("wrong", [["demo", "--complaints", "3"], ["demo", "--kill", "nobody"], ["fly"]])
def test_wrong_usage_is_told_and_ends_with_two(wrong: list[str]) -> None:
    assert runner.invoke(app, wrong).exit_code == 2


def test_a_demo_hands_its_options_on_and_ends_with_zero_when_all_is_as_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Run] = []

    async def perform(run: Run, say: Any, told: Any) -> Result:
        asked.append(run)
        return _result()

    monkeypatch.setattr(main, "perform", perform)
    done = runner.invoke(app, ["demo", "--complaints", "70", "--seed", "4", "--kill", "scoring", "--kill", "ipr"])

    assert done.exit_code == 0, done.output
    assert (asked[0].complaints, asked[0].seed, asked[0].kill) == (70, 4, ("scoring", "ipr"))
    assert "Every accepted complaint is in the state that the seed says." in done.output


def test_a_demo_that_differs_from_its_plan_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def perform(run: Run, say: Any, told: Any) -> Result:
        result = _result()
        result.verdict.lost.append("case-7 has no number")
        return result

    monkeypatch.setattr(main, "perform", perform)
    done = runner.invoke(app, ["demo"])

    assert done.exit_code == 1
    assert "case-7 has no number" in done.output


def test_a_demo_that_cannot_go_on_says_why_and_ends_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    async def perform(run: Run, say: Any, told: Any) -> Result:
        raise NeverQuiet("after 120 s: 3 acknowledgements outstanding")

    monkeypatch.setattr(main, "perform", perform)
    done = runner.invoke(app, ["demo"])

    assert done.exit_code == 2
    assert "3 acknowledgements outstanding" in done.output


def test_a_case_is_told_from_the_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = findings_of(PLAN).evidence

    async def read(bootstrap: str, dead: Any) -> Evidence:
        return evidence

    monkeypatch.setattr(main, "read_topics", read)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "nowhere:0")
    number = case_id(next(iter(PLAN.cases.values())))

    told = runner.invoke(app, ["case", number.lower()])
    as_json = runner.invoke(app, ["case", number, "--json"])
    unknown = runner.invoke(app, ["case", "IPP-0000000000-001"])

    assert told.exit_code == 0
    assert "A complaint was filed about" in told.output
    assert (unknown.exit_code, unknown.stderr) == (2, "there is no case IPP-0000000000-001 on complaints.cases.v1\n")
    said = json.loads(as_json.stdout)
    assert said["case"] == number
    assert set(said["sentences"]) <= set(told.stdout.splitlines())
    assert f"State: {said['state']}" in told.stdout
    assert len(said["sentences"]) >= 2


def _nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    "command",
    [
        ["case", "IPP-0000000000-001"],
        ["provision"],
        ["provision", "--check"],
        ["lag"],
        ["dlq", "list"],
        ["audit", "verify"],
        ["rebuild"],
        ["rebuild", "scoring.outcomes", "--compare"],
    ],
)
def test_a_broker_that_is_away_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", _nobody())
    monkeypatch.setenv("MONGO_URL", f"mongodb://{_nobody()}/?serverSelectionTimeoutMS=1")

    done = runner.invoke(app, command)

    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_in_a_process_of_its_own_it_is_one_line_too() -> None:
    """There the client's own lines would come beside it."""
    env = {**os.environ, "KAFKA_BOOTSTRAP": _nobody()}
    command = [sys.executable, "-m", "deploy.cli.main", "lag"]
    done = subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=60)  # noqa: S603 - ours

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_what_waits_is_shown_with_its_reason() -> None:
    entry = Waiting(
        "g|t|0|7", "parked", "g", "t 0 7", "IPP-1", "gap", "gap: 5 came after 3", "", (("ce_type", "x"),), "{…}"
    )

    assert "gap: 5 came after 3" in _printed(show.show_waiting, [entry])
    assert "header ce_type" in _printed(show.show_record, entry)
    assert "Nothing is parked" in _printed(show.show_waiting, [])


def test_the_result_shows_a_table_told_cases_and_figures() -> None:
    shown = _printed(show.show_result, _result(seconds=12.5))

    assert "What became of the complaints" in shown
    assert "listings down at the end" in shown
    assert "deemed accepted" in shown
    assert "12.5" in shown


def test_progress_can_be_told_before_and_while_it_runs() -> None:
    console = Console(file=StringIO(), width=120)
    told = Progress(1, 3, PLAN.appointments[0].at, "owners file complaints", Counter(PLAN.by_state()), 4)

    with show.RunProgress(console) as progress:
        progress.say("starting")
        progress.told(told)


def test_the_journey_is_good_bash_with_every_place_filled(tmp_path: Path) -> None:
    stage = Stage(Scene(files=tmp_path))
    script = tmp_path / "journey.sh"
    script.write_text(journey(stage, tmp_path))

    subprocess.run([shutil.which("bash") or "bash", "-n", str(script)], check=True)  # noqa: S603 - our own script
    for name in ("identity", "ipr", "simulator", "python", "files", "operator", "password", "ipp"):
        assert f"{{{name}}}" not in script.read_text()
    assert stage.addresses["complaints"] in script.read_text()
    assert "{kafka}" not in tap(stage)


def test_the_tap_is_good_python(tmp_path: Path) -> None:
    text = tap(Stage(Scene(files=tmp_path)))
    program = text.partition("<<'TAP'\n")[2].partition("\nTAP")[0]

    compile(program, "tap", "exec")
