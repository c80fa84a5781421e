"""What the service asks of its store while it works, each question by itself: a scan shows as a time that grows."""

import time
from collections.abc import Awaitable, Callable, Mapping
from statistics import median
from typing import Any

from services.complaints.cases.store import CASES
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.intake.unfinished import Unfinished
from services.complaints.measures.store import MEASURES
from services.complaints.records.queries import CaseQueries
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.kernel.clock import SystemClock, wall_seconds
from shared.mongo import Database
from shared.reactions.mongo_inbox import MongoInbox
from tests.bench.past import Real
from tests.bench.stage import Stage

_TIMES = 7
_SWEPT_AT_ONCE = 1000

Question = Callable[[], Awaitable[Any]]


async def lookups(stage: Stage, database: Database, real: Real) -> Mapping[str, float]:
    """Milliseconds of each question, medians of seven."""
    questions = {**_swept(database), **_asked(database, real), **_requested(stage, real)}
    return {name: await _timed(question) for name, question in questions.items()}


def _swept(database: Database) -> dict[str, Question]:
    """What sweepers and the backlog ask again and again."""
    asked: dict[str, Question] = {}
    for aggregate in (CASES, SUBMISSIONS, MEASURES):
        store = MongoAggregateStore(database, aggregate.collection, aggregate.indexes)
        asked[f"{aggregate.collection}: waiting"] = _waiting(store)
        asked[f"{aggregate.collection}: unsent"] = store.unsent
    unfinished, inbox = Unfinished(database), MongoInbox(database)
    return asked | {
        "submissions: unfinished": unfinished.some,
        "submissions: unfinished count": unfinished.count,
        "inbox: decided": lambda: inbox.decided("complaints.holds", "complaints.cases.v1", 0),
    }


def _waiting(store: MongoAggregateStore) -> Question:
    return lambda: store.waiting(wall_seconds(), _SWEPT_AT_ONCE)


def _asked(database: Database, real: Real) -> dict[str, Question]:
    """What filing and a reaction ask."""
    queries, inbox = CaseQueries(database, SystemClock()), MongoInbox(database)
    claim, subject = f"{real.fingerprint}|taobao:item:1", f"complaints.cases.v1|{real.number}-001"
    store = MongoAggregateStore(database, CASES.collection, CASES.indexes)
    return {
        "cases: holder of a claim": lambda: queries.holders([claim]),
        "cases: one by its number": lambda: store.load([f"{real.number}-001"]),
        "inbox: position": lambda: inbox.positions("complaints.holds", [subject]),
    }


def _requested(stage: Stage, real: Real) -> dict[str, Question]:
    """What people ask, over HTTP."""
    owner, staff = stage.filers[0].token, stage.reviewer_token
    paths = {
        "queue": (staff, "/v1/review/queue"),
        "queue of a platform": (staff, "/v1/review/queue?platform=taobao"),
        "own cases": (owner, "/v1/cases"),
        "all cases": (staff, "/v1/cases"),
        "cases of a status": (staff, "/v1/cases?status=taken_down"),
        "cases of a platform": (staff, "/v1/cases?platform=taobao"),
        "cases of a submission": (staff, f"/v1/cases?submission_id={real.number}"),
        "cases of a right": (staff, f"/v1/cases?right_id={real.right}"),
        "one case": (staff, f"/v1/cases/{real.number}-001"),
        "backlog": (staff, "/backlog"),
    }
    return {f"GET {name}": _get(stage, token, path) for name, (token, path) in paths.items()}


def _get(stage: Stage, token: str, path: str) -> Question:
    async def get() -> None:
        status, answer = await stage.world.call("GET", path, token)
        if status != 200:
            raise AssertionError(f"{path}: {status} {answer}")

    return get


async def _timed(question: Question) -> float:
    took = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        await question()
        took.append((time.perf_counter() - began) * 1000)
        if took[-1] > 1000:  # once is enough to see it
            break
    return median(took)
