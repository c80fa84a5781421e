"""What an operator may decide about, and what makes no sense: one line, exit status 2, nothing done."""

import getpass
import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from rich.console import Console
from typer.testing import CliRunner

from deploy.cli import dead_letters, show
from deploy.cli.dead_letters import Deed, Waiting, Wanted
from deploy.cli.main import app
from deploy.cli.platform import Platform
from shared.reactions.decisions import Decision

PARKED = Waiting("g|t|0|7", "parked", "g", "t 0 7", "IPP-1", "failed", "failed: KeyError in holds", "", (), "{}")
BEHIND = Waiting("g|t|0|8", "parked", "g", "t 0 8", "IPP-1", "behind", "behind: ", "", (), "{}")
OTHER = Waiting("h.dlq.v1@0@3", "dead letter", "h", "t 1 2", "k", "dead-letter", "no JSON here", "", (), "x")


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was decided on a platform where these three wait."""
    done: list[tuple[Any, ...]] = []

    async def waiting(platform: Platform, wanted: Wanted, *, decided: bool = False) -> list[Waiting]:
        return [entry for entry in (PARKED, BEHIND, OTHER) if wanted.holds(entry)]

    async def decide(
        platform: Platform, entries: list[Waiting], verdict: str, by: str, why: str
    ) -> AsyncIterator[Deed]:
        done.append(([entry.id for entry in entries], verdict, by, why))
        for entry in entries:
            yield Deed("done", f"{verdict} {entry.id}")

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
    assert many.stdout.splitlines() == [f"retry {PARKED.id}", f"retry {BEHIND.id}", "2 done, 0 gone"]


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


DECISION = Decision(OTHER.id, "discard", "night-op", "sender mended", datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([], 0),
        ([PARKED], 1),
        ([OTHER], 1),
        ([replace(PARKED, verdict="retry", decided=DECISION)], 0),
        ([replace(PARKED, decided=DECISION)], 1),  # it failed again: the verdict is spent
        ([replace(OTHER, decided=DECISION)], 0),
        ([replace(OTHER, decided=DECISION), PARKED], 1),
    ],
)
def test_a_list_ends_with_one_while_something_waits_for_a_decision(
    decided: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, found: list[Waiting], status: int
) -> None:
    async def waiting(*_: Any, **__: Any) -> list[Waiting]:
        return found

    monkeypatch.setattr(dead_letters, "waiting", waiting)

    plain, as_json = CliRunner().invoke(app, ["dlq", "list"]), CliRunner().invoke(app, ["dlq", "list", "--json"])

    assert (plain.exit_code, as_json.exit_code) == (status, status)
    assert len(json.loads(as_json.stdout)) == len(found)


@pytest.mark.parametrize(
    ("deeds", "status", "told", "errors"),
    [
        (["done", "gone", "done"], 1, ["done 0", "done 2", "2 done, 1 gone"], ["gone 1"]),
        (["gone", "gone", "gone"], 2, ["0 done, 3 gone"], ["gone 0", "gone 1", "gone 2"]),
        (
            ["done", "without a source", "done"],
            1,
            ["done 0", "done 2", "2 done, 0 gone, 1 without a source"],
            ["without a source 1"],
        ),
        (
            ["done", "the broker went"],
            2,
            ["done 0", "1 done, 0 gone, 2 left"],
            ["the broker does not answer: KafkaConnectionError KafkaConnectionError"],
        ),
    ],
)
def test_what_was_done_is_told_also_where_not_all_could_be_done(
    decided: list[tuple[Any, ...]],
    monkeypatch: pytest.MonkeyPatch,
    deeds: list[Any],
    status: int,
    told: list[str],
    errors: list[str],
) -> None:
    async def decide(*_: Any) -> AsyncIterator[Deed]:
        for number, deed in enumerate(deeds):
            if deed == "the broker went":
                raise KafkaConnectionError
            yield Deed(deed, f"{deed} {number}")

    monkeypatch.setattr(dead_letters, "decide", decide)
    three = "e"  # in the explanation of each of the three
    done = CliRunner().invoke(app, ["dlq", "replay", "--reason", three, "--yes"])

    assert done.exit_code == status
    assert done.stdout.splitlines() == told
    assert done.stderr.splitlines() == errors


def test_one_that_is_gone_is_told_in_one_line(decided: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    async def decide(*_: Any) -> AsyncIterator[Deed]:
        yield Deed("gone", "it has gone meanwhile: x")

    monkeypatch.setattr(dead_letters, "decide", decide)
    done = CliRunner().invoke(app, ["dlq", "replay", PARKED.id])

    assert (done.exit_code, done.stdout, done.stderr) == (2, "", "it has gone meanwhile: x\n")


def test_a_user_without_a_name_decides_by_number(
    decided: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nameless)
    monkeypatch.setattr(os, "getuid", lambda: 4711)

    CliRunner().invoke(app, ["dlq", "replay", PARKED.id])

    assert decided[0][2] == "uid 4711"


def test_square_brackets_are_shown_as_they_are() -> None:
    written = StringIO()
    console = Console(file=written, width=200, color_system=None)
    why, by = "failed: KeyError [red] in [/nowhere]", "op[2]"
    entry = replace(PARKED, why=why, headers=(("h[b]", "v[/b]"),), decided=replace(DECISION, by=by, why="[bold]x"))

    show.show_record(console, entry)
    show.show_decisions(console, [replace(DECISION, about="[i]", by=by, why=why)])

    for said in (why, by, "h[b]", "v[/b]", "[bold]x", "[i]"):
        assert said in written.getvalue()
