"""The watch over pauses: a process that stood still longer than its session does nothing more."""

from shared.streams.pause import PauseWatch


class _Time:
    now = 100.0

    def seconds(self) -> float:
        return self.now


def test_a_pause_longer_than_the_limit_is_noticed_before_the_next_record() -> None:
    time, gaps = _Time(), list[float]()
    watch = PauseWatch(8.0, on_pause=gaps.append, seconds=time.seconds)

    time.now += 8.0
    watch.check()
    assert gaps == []

    time.now += 0.5
    watch.check()
    assert gaps == [8.5]
