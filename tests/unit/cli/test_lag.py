"""What waits is summed by topic, judged by its age, and shown."""

from io import StringIO
from typing import Any

import pytest
from aiokafka import TopicPartition
from rich.console import Console

from deploy.cli.behind import Behind, Look, Parked, Unsent, by_topic
from deploy.cli.lag import shown
from deploy.simulator.quiet import Gap

QUIET = Look(10.0, (), (), (), {}, 6, (), 23)


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
        ({"silent": ("g",)}, False),
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
            silent=("ipr.accounts",),
        )
    )

    assert "31.5" in said
    assert "outbox of complaints cases: 4 aggregates not sent, some for more than 10 s" in said
    assert "complaints.service: 1 parked key, the oldest for 600 s" in said
    assert "scoring is not ready: stream:scoring.outcomes: reading its state back" in said
    assert "Never seen at work: ipr.accounts" in said
    assert "23 groups, none is behind." in _printed(QUIET)
