"""What libraries say again and again is said a few times, and then how often it was held back."""

import logging

from shared.runtime.logs import Patience


def _said(name: str, line: int = 7) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "client.py", line, "Unable to connect", None, None)


def test_a_library_that_repeats_itself_is_held_back_and_its_next_line_tells_how_often() -> None:
    now = [0.0]
    patience = Patience(most=3, seconds=10, clock=lambda: now[0])

    assert [patience.filter(_said("aiokafka.client")) for _ in range(8)] == [True] * 3 + [False] * 5

    now[0] = 10.0
    later = _said("aiokafka.client")
    assert patience.filter(later)
    assert vars(later)["held_back"] == 5


def test_other_places_and_our_own_loggers_are_not_held_back() -> None:
    patience = Patience(most=1, seconds=10, clock=lambda: 0.0)
    assert patience.filter(_said("aiokafka.client"))
    assert not patience.filter(_said("aiokafka.client"))

    assert patience.filter(_said("aiokafka.client", line=8))
    assert all(patience.filter(_said("shared.eventstore.relay")) for _ in range(5))


def test_without_repetition_nothing_is_added() -> None:
    now = [0.0]
    patience = Patience(most=3, seconds=10, clock=lambda: now[0])
    for second in (0.0, 11.0, 22.0):
        now[0] = second
        record = _said("aiokafka.client")
        assert patience.filter(record)
        assert "held_back" not in vars(record)
