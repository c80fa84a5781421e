"""What a further complaint costs with a million cases in the store, beside what it costs with ten thousand.

A sample is a complaint's way through the service: filed by itself, taken by a reviewer, upheld, its listing's hold
placed and the command sent. Complaints is one process with the roles `api` and `reactions`, its sweepers run meanwhile.
Counted are CPU of service and store, queries and documents written (as the service counts them itself), and the bytes
that are stored of the complaint; what the store wrote to its files is told apart. The cases of the past come from
`tests.bench.past`.
`IPP_BENCH_CASES` loads fewer than a million, to see whether it works.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

import bson
from prometheus_client.parser import text_string_to_metric_families

from services.complaints.cases.store import CASES
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.measures.store import MEASURES
from shared.mongo import connect
from tests.bench.figures import Figure, Sense
from tests.bench.lookups import lookups
from tests.bench.past import Past, real_case
from tests.bench.stage import Stage, complaints_stage

FEW = 10_000
MANY = int(os.environ.get("IPP_BENCH_CASES", "1_000_000"))
COMPLAINTS = 600
CONNECTIONS = 20
_READS, _WRITES, _FILES = "ipp_store_reads_total", "ipp_store_writes_total", "bytes to files"
_CLAIM = 100
_BETWEEN = timedelta(minutes=10)  # of business time: not all is filed at one instant
_WEIGHED = 20
_MB = 1_000_000
MEMORY_GOAL_MB = 200.0
"""Of complaints after some thousand requests: what it may need idle (160 MB), and batches in hand, keys' caches and
garbage that waits to be collected. Nothing in it may depend on how many cases there are."""


@dataclass(frozen=True)
class Cost:
    """Of one complaint. `cpu_ms`: of each process; `read` and `written`: queries, and documents written, by
    collection; `stored_bytes`: of its documents; `file_bytes`: what the store wrote to its files, checkpoints included.
    """

    cpu_ms: Mapping[str, float]
    read: Mapping[str, float]
    written: Mapping[str, float]
    stored_bytes: float
    file_bytes: float

    @property
    def operations(self) -> float:
        return sum(self.read.values()) + sum(self.written.values())

    def beside(self, before: "Cost") -> dict[str, float]:
        """Each part as a ratio; `cpu` is of service and store together, `operations` of reads and writes."""
        return {
            "cpu": (self.cpu_ms["complaints"] + self.cpu_ms["store"])
            / (before.cpu_ms["complaints"] + before.cpu_ms["store"]),
            "operations": self.operations / before.operations,
            "bytes": self.stored_bytes / before.stored_bytes,
        }


async def measure(repetitions: int) -> Sequence[Figure]:
    async with complaints_stage() as stage:
        await stage.introduce()
        await stage.start_complaints("api", "reactions")
        name = f"{stage.world.env['IPP_DATABASE_PREFIX']}_complaints"
        url = stage.world.stack.mongo_url
        database, texts = (connect(url, each, timeout_seconds=60) for each in (name, f"{name}_cn"))
        try:
            past = await Past(await real_case(stage, database, texts), database, texts).up_to(FEW)
            few, asked_of_few = await _taken(stage, past, repetitions)
            past = await past.up_to(MANY)
            many, asked_of_many = await _taken(stage, past, repetitions)
        finally:
            database.close()
            texts.close()
        memory = stage.processes()["complaints"].memory_info().rss / _MB
        return _figures(few, many, {"few": asked_of_few, "many": asked_of_many}, memory)


async def _taken(stage: Stage, past: Past, repetitions: int) -> tuple[list[Cost], Mapping[str, float]]:
    await _sample(stage, past)  # the store's cache and the service are warm
    costs = [await _sample(stage, past) for _ in range(repetitions)]
    stage.world.advance(_BETWEEN)
    return costs, await lookups(stage, past.database, past.real)


async def _sample(stage: Stage, past: Past) -> Cost:
    stage.world.advance(_BETWEEN)
    filed, case_ids = stage.complaints(COMPLAINTS)
    decided = [
        stage.post(f"/v1/cases/{case_id}/decision", stage.reviewer_token, {"decision": "uphold"})
        for case_id in case_ids
    ]
    before = await _spent(stage)
    (await stage.load(stage.world.port, filed, CONNECTIONS)).per_second()
    for at in range(0, len(case_ids), _CLAIM):
        body = {"case_ids": case_ids[at : at + _CLAIM]}
        status, said = await stage.world.call("POST", "/v1/review/claims", stage.reviewer_token, body)
        if status != 200 or any(claim["refused"] for claim in said["claims"]):
            raise AssertionError(f"not all were taken: {status} {said}")
    (await stage.load(stage.world.port, decided, CONNECTIONS)).per_second("200")
    await stage.quiet(stage.world.port)
    after = await _spent(stage)
    spent = {name: (after[name] - before.get(name, 0.0)) / COMPLAINTS for name in after}
    return Cost(
        cpu_ms={name: seconds * 1000 for name, seconds in _under("cpu", spent).items()},
        read=_under(_READS, spent),
        written=_under(_WRITES, spent),
        stored_bytes=sum([await _weight(past, case_id) for case_id in case_ids[:_WEIGHED]]) / _WEIGHED,
        file_bytes=spent[_FILES],
    )


async def _spent(stage: Stage) -> dict[str, float]:
    """What each process has used so far, and what the service says that it has asked of the store."""
    async with stage.world.http.get(f"http://127.0.0.1:{stage.world.port}/metrics") as answer:
        counted = await answer.text()
    spent = {f"cpu {name}": seconds for name, seconds in stage.cpu().items()}
    spent[_FILES] = stage.processes()["store"].io_counters().write_chars
    for family in text_string_to_metric_families(counted):
        for one in family.samples:
            if one.name in (_READS, _WRITES):
                name = f"{one.name} {one.labels['collection']}"
                spent[name] = spent.get(name, 0.0) + one.value
    return spent


def _under(kind: str, spent: Mapping[str, float]) -> dict[str, float]:
    prefix = f"{kind} "
    return {name.removeprefix(prefix): value for name, value in spent.items() if name.startswith(prefix)}


async def _weight(past: Past, case_id: str) -> int:
    """Bytes of all that is stored of a complaint: case, submission, evidence, measure, positions."""
    case = await past.database.collection(CASES.collection).find_one({"_id": case_id})
    if case is None:
        raise LookupError(case_id)
    told = case["state"]
    listing, evidence = told["listing_id"], told["evidence"][0]
    rest = (
        (past.database, SUBMISSIONS.collection, told["submission_id"]),
        (past.database, MEASURES.collection, listing),
        (past.texts, "vault.sealed", evidence),
        (past.database, "inbox.positions", f"complaints.holds|complaints.cases.v1|{case_id}"),
        (past.database, "inbox.positions", f"complaints.measures|complaints.measures.v1|{listing}"),
    )
    found = [await database.collection(name).find_one({"_id": key}) for database, name, key in rest]
    return sum(len(bson.encode(document)) for document in (case, *(each for each in found if each)))


def _figures(few: Sequence[Cost], many: Sequence[Cost], asked: dict[str, Any], memory: float) -> Sequence[Figure]:
    usual = _median(few)
    ratios = [cost.beside(usual) for cost in many]
    spread = [cost.beside(usual) for cost in few]
    detail: dict[str, Any] = {
        "cases": {"few": FEW, "many": MANY},
        "ratios": ratios,
        "ratios_of_few_to_their_own_median": spread,
        "few": [_told(cost) for cost in few],
        "many": [_told(cost) for cost in many],
    }
    files = [cost.file_bytes / usual.file_bytes for cost in many]
    growth = {name: at / asked["few"][name] for name, at in asked["many"].items()}
    slowest = max(growth, key=lambda name: growth[name])
    lookups_detail = {"ms": asked, "worst": slowest}
    return (
        Figure("cost_growth", "ratio", [max(each.values()) for each in ratios], 1.1, Sense.AT_MOST, detail),
        *(Figure(f"cost_growth_{part}", "ratio", [each[part] for each in ratios]) for part in ratios[0]),
        Figure("cost_growth_file_bytes", "ratio", files),
        Figure("cost_growth_worst_lookup", "ratio", [growth[slowest]], detail=lookups_detail),
        Figure("memory_complaints_million_mb", "MB", [memory], MEMORY_GOAL_MB, Sense.AT_MOST, {"cases": MANY}),
    )


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu_ms=_medians([cost.cpu_ms for cost in costs]),
        read=_medians([cost.read for cost in costs]),
        written=_medians([cost.written for cost in costs]),
        stored_bytes=median(cost.stored_bytes for cost in costs),
        file_bytes=median(cost.file_bytes for cost in costs),
    )


def _medians(many: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: median(one[name] for one in many) for name in many[0]}


def _told(cost: Cost) -> dict[str, Any]:
    return {
        "cpu_ms": _rounded(cost.cpu_ms),
        "reads": _rounded(cost.read),
        "documents_written": _rounded(cost.written),
        "stored_bytes": round(cost.stored_bytes),
        "store_file_bytes": round(cost.file_bytes),
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items() if value}
