"""Good Faith on Quix Streams, run by the interpreter that Quix Streams is installed for (build/quix).

Decoded state in memory as ours has it; each event's rows are set in Quix's state, which writes them to its RocksDB and
its changelog. At-least-once, JSON. Arguments: bootstrap, input topic, output topic, group, state folder, count.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from quixstreams import Application, State  # type: ignore[import-not-found]

from shared.runtime.collector import spare_what_stays
from tests.bench.peers.goodfaith_work import Programs, eligible

_COMMIT_SECONDS = 0.25


def main(bootstrap: str, source: str, output: str, group: str, folder: str, count: int) -> dict[str, Any]:
    app = Application(
        bootstrap,
        consumer_group=group,
        auto_offset_reset="earliest",
        commit_interval=_COMMIT_SECONDS,
        state_dir=folder,
        processing_guarantee="at-least-once",
        loglevel="WARNING",
        producer_extra_config={"linger.ms": 10, "enable.idempotence": True},
    )
    programs = Programs()
    began = ended = 0.0
    done = 0

    def judge(event: dict[str, Any], state: State) -> Iterator[dict[str, Any]]:
        nonlocal began, ended, done
        began = began or time.perf_counter()
        rows, sends = programs.apply(event)
        for key, row in rows.items():
            state.set(key, row)
        done += 1
        ended = time.perf_counter()
        return iter([body for _, body in sends])

    told = app.dataframe(app.topic(source, value_deserializer="json", key_deserializer="bytes"))
    told = told.apply(judge, stateful=True, expand=True)
    told.to_topic(app.topic(output, value_serializer="json", key_serializer="bytes"))
    app.run(timeout=5.0)
    assert done == count, f"{done} of {count} events"
    owners = {name: (one.tally, one.standing) for name, one in programs.owners.items()}
    return {"seconds": ended - began, "digest": programs.digest(), "eligible": eligible(owners)}


if __name__ == "__main__":
    spare_what_stays()
    print(json.dumps(main(*sys.argv[1:6], int(sys.argv[6]))))  # type: ignore[call-arg, arg-type]
