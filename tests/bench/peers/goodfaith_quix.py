"""Good Faith on Quix Streams, run by the interpreter that Quix Streams is installed for (build/quix).

State is read and written as Quix keeps it, by key in its RocksDB with a changelog, so that a restart or another worker
can go on from it: the case's row, the rows of the days touched, and one with the standing, the rolling sum and the last
status. No decoded copy is kept beside it: nothing tells an application when a copy is out of date, because a partition
left and came back. At-least-once, idempotent, JSON. Checkpoints by Quix's default, every 5 s, a twentieth as often as
the others commit, since each costs it much; the last one, with its flush, counts in the time.

Arguments: bootstrap, input topic, output topic, group, state folder, count.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

from quixstreams import Application, State  # type: ignore[import-not-found]

from services.scoring.goodfaith.model import Contribution, Counts, Standing, Tally
from shared.kernel.collector import spare_what_stays
from shared.policies.good_faith import GoodFaithWindow
from tests.bench.peers.goodfaith_work import Program, Programs, digest, eligible


class _Days(dict[date, Counts]):
    """The days of one owner, in Quix's state. As a dictionary it is only what the digest is made of at the end."""

    state: State

    def get(self, day: date, default: Any = None) -> Any:
        row = self.state.get(f"day|{day.toordinal()}")
        return default if row is None else Counts(*row)

    def __setitem__(self, day: date, counts: Counts) -> None:
        self.state.set(f"day|{day.toordinal()}", list(counts))
        super().__setitem__(day, counts)

    def pop(self, day: date, default: Any = None) -> Any:
        self.state.delete(f"day|{day.toordinal()}")
        return super().pop(day, default)


class _Cases(dict[str, Contribution]):
    """The cases of one owner, in Quix's state. Read only: what is put is written as the row of the event."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    def get(self, case_id: str, default: Any = None) -> Any:
        row = self._state.get(f"case|{case_id}")
        if row is None:
            return default
        return Contribution(**row | {"filed_on": date.fromisoformat(row["filed_on"])})


class Work:
    """What the application does with an event, and when it began and last committed."""

    def __init__(self, count: int) -> None:
        self.done = 0
        self.count = count
        self.end: Callable[[], None] = lambda: None
        self.began = self.committed = self.cpu = 0.0
        self._programs = Programs()
        self._days: dict[str, _Days] = defaultdict(_Days)
        self._standings: dict[str, Standing | None] = {}

    def judge(self, event: dict[str, Any], state: State) -> Iterator[dict[str, Any]]:
        self.began, self.cpu = self.began or time.perf_counter(), self.cpu or time.process_time()
        owner = event["data"]["account_id"]
        days = self._days[owner]
        days.state = state
        program = _read(state, days)
        self._programs.owners = {owner: program}
        rows, sends = self._programs.apply(event)
        program = self._programs.owners[owner]
        state.set(f"case|{event['data']['case_id']}", next(iter(rows.values())))
        state.set("program", _row(program))
        self._standings[owner] = program.standing
        self.done += 1
        if self.done == self.count:
            self.end()  # after this event, with a last checkpoint
        return iter([body for _, body in sends])

    def owners(self) -> dict[str, tuple[Any, Standing | None]]:
        return {name: (SimpleNamespace(days=self._days[name]), found) for name, found in self._standings.items()}


def _read(state: State, days: _Days) -> Program:
    program, row = Program(), state.get("program")
    program.tally = Tally(_Cases(state), days)
    if row is not None:
        after, through = row["window"]
        program.tally.progress = row["progress"]
        program.tally._window = GoodFaithWindow(date.fromordinal(after), date.fromordinal(through))
        program.tally._sum = Counts(*row["sum"])
        day, is_eligible, bar, unmet, told = row["standing"]
        bar = None if bar is None else date.fromordinal(bar)
        program.standing = Standing(date.fromordinal(day), is_eligible, bar, tuple(unmet), told and Counts(*told))
        program.published = row["published"]
    return program


def _row(program: Program) -> dict[str, Any]:
    tally, standing = program.tally, program.standing
    assert tally._window is not None
    assert standing is not None
    bar = standing.barred_until and standing.barred_until.toordinal()
    told = standing.told and list(standing.told)
    return {
        "progress": tally.progress,
        "window": [tally._window.after.toordinal(), tally._window.through.toordinal()],
        "sum": list(tally._sum),
        "standing": [standing.day.toordinal(), standing.eligible, bar, list(standing.unmet), told],
        "published": program.published,
    }


def main(bootstrap: str, source: str, output: str, group: str, folder: str, count: int) -> dict[str, Any]:
    app = Application(
        bootstrap,
        consumer_group=group,
        auto_offset_reset="earliest",
        state_dir=folder,
        processing_guarantee="at-least-once",
        loglevel="WARNING",
        producer_extra_config={"linger.ms": 10, "enable.idempotence": True},
    )
    work = Work(count)
    work.end = app.stop
    told = app.dataframe(app.topic(source, value_deserializer="json", key_deserializer="bytes"))
    told = told.apply(work.judge, stateful=True, expand=True)
    told.to_topic(app.topic(output, value_serializer="json", key_serializer="bytes"))
    commit = app._processing_context.commit_checkpoint

    def timed(*arguments: Any, **options: Any) -> None:
        before = work.done
        commit(*arguments, **options)
        if before == count and options.get("force") and not work.committed:  # again when partitions are given up
            work.committed, work.cpu = time.perf_counter(), time.process_time() - work.cpu

    object.__setattr__(app._processing_context, "commit_checkpoint", timed)
    app.run(timeout=30.0)  # for an input that falls short
    assert work.done == count, f"{work.done} of {count} events"
    assert work.committed, "the last checkpoint was not seen"
    owners = work.owners()
    seconds = work.committed - work.began
    return {"seconds": seconds, "cpu": work.cpu, "digest": digest(owners), "eligible": eligible(owners)}


if __name__ == "__main__":
    spare_what_stays()
    print(json.dumps(main(*sys.argv[1:6], int(sys.argv[6]))))  # type: ignore[call-arg, arg-type]
