"""What waits is summed by topic, judged by its age, and shown."""

from io import StringIO
from typing import Any, ClassVar

import pytest
from aiokafka import TopicPartition
from rich.console import Console
from typer.testing import CliRunner

from deploy.cli.behind import Behind, Look, Parked, Unsent, by_topic, not_looked_at
from deploy.cli.lag import shown
from deploy.cli.main import app
from deploy.cli.platform import Platform
from deploy.simulator.quiet import Gap

QUIET = Look(10.0, (), (), (), {}, 6, (), (), 23)


def _look(**more: Any) -> Look:
    return Look(**{**{name: getattr(QUIET, name) for name in QUIET.__dataclass_fields__}, **more})


def _printed(look: Look) -> str:
    written = StringIO()
    Console(file=written, width=160, color_system=None).print(shown(look))
    return written.getvalue()


def test_partitions_are_summed_and_the_oldest_record_counts() -> None:
    gaps = [
        Gap("g", TopicPartition("t", 0), 5, 8),
        Gap("g", TopicPartition("t", 1), 0, 1),
        Gap("h", TopicPartition("t", 1), 0, 2),
    ]

    assert by_topic(gaps, [3.0, 70.5, None]) == [Behind("g", "t", 4, 70.5), Behind("h", "t", 2, None)]


@pytest.mark.parametrize(
    ("found", "late"),
    [
        ({}, False),
        ({"groups": (Behind("g", "t", 900, 9.9),)}, False),
        ({"groups": (Behind("g", "t", 1, 10.1),)}, True),
        ({"groups": (Behind("g", "t", 1, None),)}, True),
        ({"unsent": (Unsent("ipr", "rights", 3, late=False),)}, False),
        ({"unsent": (Unsent("ipr", "rights", 3, late=True),)}, True),
        ({"parked": (Parked("g", 1, 9.0),)}, False),
        ({"parked": (Parked("g", 1, 11.0),)}, True),
        ({"unwell": {"scoring": {"stream:scoring.outcomes": "reading its state back"}}}, True),
        ({"without_member": ("g",)}, True),
        ({"not_looked_at": ("outboxes",)}, False),
    ],
)
def test_only_what_waits_too_long_or_is_not_well_is_late(found: dict[str, Any], late: bool) -> None:
    assert _look(**found).late is late


def test_it_is_shown_what_waits_and_what_is_not_well() -> None:
    said = _printed(
        _look(
            groups=(Behind("complaints.holds", "complaints.cases.v1", 12, 31.5),),
            unsent=(Unsent("complaints", "cases", 4, late=True),),
            parked=(Parked("complaints.service", 1, 600.0),),
            unwell={"scoring": {"stream:scoring.outcomes": "reading its state back"}},
            without_member=("ipr.accounts",),
            not_looked_at=("readiness",),
        )
    )

    assert "31.5" in said
    assert "outbox of complaints cases: 4 aggregates not sent, some for more than 10 s" in said
    assert "complaints.service: 1 parked key, the oldest for 600 s" in said
    assert "scoring is not ready: stream:scoring.outcomes: reading its state back" in said
    assert "No member now, nobody works for it: ipr.accounts" in said
    assert "Not looked at: readiness" in said
    assert "23 groups, none is behind." in _printed(QUIET)


def test_a_group_that_nobody_works_for_is_not_passed_off_as_keeping_up() -> None:
    said = _printed(_look(without_member=("ipr.accounts",)))

    assert "none is behind" not in said


def test_it_is_said_what_could_not_be_looked_at() -> None:
    whole = Platform("k:1", "mongodb://m", services={"ipr": "http://127.0.0.1:7"})

    assert not_looked_at(whole) == []
    assert not_looked_at(Platform("k:1", "")) == [
        "outboxes and parked keys (the store is not known: MONGO_URL)",
        "readiness (no service is known: IPP_<SERVICE>_URL)",
    ]


class _Watcher:
    """Looks from a list; then Ctrl-C is pressed."""

    looks: ClassVar[list[Look]] = []

    def __init__(self, platform: Platform, bound: float) -> None:
        self._left = list(self.looks)

    async def __aenter__(self) -> "_Watcher":
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def look(self) -> Look:
        if not self._left:
            raise KeyboardInterrupt
        return self._left.pop(0)


@pytest.mark.parametrize(
    ("looks", "status"),
    [([QUIET], 0), ([QUIET, _look(without_member=("g",))], 1), ([_look(without_member=("g",)), QUIET], 0), ([], 2)],
)
def test_a_watch_that_is_ended_ends_as_its_last_look(
    monkeypatch: pytest.MonkeyPatch, looks: list[Look], status: int
) -> None:
    monkeypatch.setattr(_Watcher, "looks", looks)
    monkeypatch.setattr("deploy.cli.lag.Watcher", _Watcher)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "nowhere:0")

    done = CliRunner().invoke(app, ["lag", "--watch", "--every", "0.2", "--json"])

    assert done.exit_code == status, done.output
    assert len(done.stdout.splitlines()) == len(looks)
