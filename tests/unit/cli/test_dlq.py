"""What an operator may decide about, and what makes no sense: one line, exit status 2, nothing done."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from deploy.cli import dead_letters, show
from deploy.cli.dead_letters import Waiting, Wanted
from deploy.cli.main import app
from deploy.cli.platform import Platform
from shared.reactions.decisions import Decision

PARKED = Waiting("g|t|0|7", "parked", "g", "t 0 7", "IPP-1", "failed", "failed: KeyError in holds", "", (), "{}")
BEHIND = Waiting("g|t|0|8", "parked", "g", "t 0 8", "IPP-1", "behind", "behind: ", "", (), "{}")
OTHER = Waiting("h.dlq.v1@0@3", "dead letter", "h", "t 1 2", "k", "dead-letter", "no JSON", "", (), "x")


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was decided on a platform where these three wait."""
    done: list[tuple[Any, ...]] = []

    async def waiting(platform: Platform, wanted: Wanted, *, decided: bool = False) -> list[Waiting]:
        return [entry for entry in (PARKED, BEHIND, OTHER) if wanted.holds(entry)]

    async def decide(platform: Platform, entries: list[Waiting], verdict: str, by: str, why: str) -> list[str]:
        done.append(([entry.id for entry in entries], verdict, by, why))
        return [f"{verdict} {entry.id}" for entry in entries]

    monkeypatch.setattr(dead_letters, "waiting", waiting)
    monkeypatch.setattr(dead_letters, "decide", decide)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "nowhere:0")
    monkeypatch.setenv("MONGO_URL", "mongodb://nowhere")
    return done


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [PARKED, BEHIND, OTHER]),
        (Wanted(group="g"), [PARKED, BEHIND]),
        (Wanted(reason="failed"), [PARKED]),
        (Wanted(reason="KeyError"), [PARKED]),
        (Wanted(reason="dead-letter"), [OTHER]),
        (Wanted(group="g", key="IPP-1"), [PARKED, BEHIND]),
        (Wanted(group="h", key="IPP-1"), []),
        (Wanted(id="g|t|0|8"), [BEHIND]),
    ],
)
def test_records_are_chosen_by_group_reason_and_key(wanted: Wanted, found: list[Waiting]) -> None:
    assert [entry for entry in (PARKED, BEHIND, OTHER) if wanted.holds(entry)] == found


def test_one_record_is_decided_about_at_once_and_many_with_yes(decided: list[tuple[Any, ...]]) -> None:
    one = CliRunner().invoke(app, ["dlq", "discard", PARKED.id, "--by", "op", "--why", "superseded"])
    many = CliRunner().invoke(app, ["dlq", "replay", "--group", "g", "--yes", "--by", "op"])

    assert (one.exit_code, many.exit_code) == (0, 0)
    assert decided == [([PARKED.id], "discard", "op", "superseded"), ([PARKED.id, BEHIND.id], "retry", "op", "")]
    assert many.stdout.splitlines()[-1] == "2 records"


def test_who_decides_is_the_user_of_the_machine_where_nobody_is_named(
    decided: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "somebody")

    CliRunner().invoke(app, ["dlq", "replay", PARKED.id])

    assert decided[0][2] == "somebody"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["discard", PARKED.id], "say why it is discarded: --why '…'"),
        (["discard", PARKED.id, "--why", " "], "say why it is discarded: --why '…'"),
        (["discard", "nobody|x|0|1", "--why", "x"], "nothing that waits has the id nobody|x|0|1"),
        (["replay"], "name a record by its id, or several by --group, --reason or --key"),
        (["replay", "--group", "g"], "2 records match; --yes does it to all of them"),
        (["replay", "--group", "nobody", "--yes"], "nothing that waits matches"),
        (["show", "nobody|x|0|1"], "nothing that waits has the id nobody|x|0|1"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(
    decided: list[tuple[Any, ...]], arguments: list[str], said: str
) -> None:
    done = CliRunner().invoke(app, ["dlq", *arguments])

    assert (done.exit_code, done.stderr) == (2, said + "\n")
    assert decided == []


def test_without_a_store_nothing_is_decided(decided: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONGO_URL")

    done = CliRunner().invoke(app, ["dlq", "list"])

    assert (done.exit_code, done.stderr) == (2, "the store is not known: name it by MONGO_URL\n")


def test_decisions_are_shown_with_who_and_why() -> None:
    written = StringIO()
    decision = Decision(OTHER.id, "discard", "night-op", "sender mended", datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC))

    show.show_decisions(Console(file=written, width=160, color_system=None), [decision])

    assert "2026-03-02 03:04:05" in written.getvalue()
    assert "night-op" in written.getvalue()
    assert "sender mended" in written.getvalue()
