"""`ipp retention` without a platform: the rules can be read, and all else says in one line what it lacks."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_BOOTSTRAP", "MONGO_URL", "IPP_CLOCK_FILE", "IPP_STATE_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def ipp(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["retention", *arguments])


def test_the_rules_are_told_with_period_ground_and_source() -> None:
    done = ipp("rules", "--on", "2026-03-02")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "version 2026-01, days of Asia/Shanghai"
    at = lines.index("complaints-counter: complaints *:case/*/counter, 3 years from case-ended, by job")
    assert lines[at + 1].startswith("    the text of a counter-notification. Claims out of it may be brought")
    assert lines[at + 1].endswith("[000 I.8; the figure is ours]")


def test_the_rules_of_one_service_are_its_own_and_those_of_all() -> None:
    names = [line.partition(":")[0] for line in ipp("rules", "--service", "ipr").stdout.splitlines()[1::2]]
    assert {"ipr-draft", "disclosures", "unreferenced"} <= set(names)
    assert not any(name.startswith(("identity-", "complaints-")) for name in names)


def test_before_the_first_version_there_are_no_rules() -> None:
    done = ipp("rules", "--on", "2015-12-31")
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "command", [("due",), ("run",), ("run", "--dry-run"), ("report",), ("report", "--person", "x")]
)
def test_without_a_platform_one_line_says_so(command: tuple[str, ...]) -> None:
    done = ipp(*command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "wrong", [("due", "--by", "soon"), ("due", "--service", "scoring"), ("run", "--service", "all")]
)
def test_what_makes_no_sense_is_refused(wrong: tuple[str, ...]) -> None:
    assert ipp(*wrong).exit_code == 2
