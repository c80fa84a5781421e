"""A profile's shares, by hand."""

import pytest

from tests.bench.profiles import OTHER, part_of, shares


def test_the_innermost_room_counts_and_what_the_standard_library_does_is_its_callers() -> None:
    stacks = [
        "run (uvloop/__init__.py:90);handle (shared/httpkit/endpoint.py:40);commit (shared/eventstore/store.py:9) 3",
        "run (uvloop/__init__.py:90);handle (shared/httpkit/endpoint.py:40);dumps (json/__init__.py:230) 2",
        "run (threading.py:975);_worker (concurrent/thread.py:58);_send (pymongo/network.py:7) 4",
        "run (uvloop/__init__.py:90) 1",
    ]

    looks, parts = shares(stacks)

    assert looks == 10
    assert parts == {
        "calls to the store": 0.4,
        "commits: events, hashes, documents": 0.3,
        "HTTP: server, middleware, problems": 0.2,
        OTHER: 0.1,
    }


@pytest.mark.parametrize(
    ("frame", "part"),
    [
        ("publish (shared/eventstore/relay.py:90)", "relay of records"),
        ("check (services/complaints/intake/checks.py:12)", "deciding: checks, models, public records"),
    ],
)
def test_a_room_within_a_room_is_told_apart(frame: str, part: str) -> None:
    assert part_of(["main (services/complaints/__main__.py:3)", frame]) == part
