"""How long a page of cases takes by each thing that cases are searched by, with a million cases in the store.

No broker: the queries of the service on a store of its own. One account has 10,000 of the cases, the others 100 each.
`IPP_BENCH_CASES` loads fewer. The first question after a start of the store is passed over: it opens its files.
"""

import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from deploy.local.mongo import MongoServer
from services.complaints.records.history.queries import Asked, Histories
from services.complaints.records.queries import CaseQueries
from services.complaints.records.search import GROUPS, Search, listings_of
from shared.kernel.clock import SteppedClock
from shared.mongo import Database, connect
from tests.bench import many_cases as many
from tests.bench.figures import Figure, Sense

COUNT = int(os.environ.get("IPP_BENCH_CASES", "1_000_000"))
GOAL_MS = 50.0
_PAGE = 50
_ASKED = 40
_MONTH: dict[str, Any] = {
    "filed_from": many.LAST - timedelta(days=300),
    "filed_before": many.LAST - timedelta(days=270),
}


async def measure(repetitions: int) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="ipp-bench-") as folder:
        server = await MongoServer.start(Path(folder))
        database = connect(server.url, "search", timeout_seconds=300)
        try:
            await (await many.many_cases(database)).load(COUNT)
            return await _figures(database, repetitions)
        finally:
            database.close()
            await server.child.stop()


async def _figures(database: Database, repetitions: int) -> Sequence[Figure]:
    queries = CaseQueries(database, SteppedClock(many.LAST + timedelta(minutes=5)))
    found: dict[str, list[float]] = {}
    for name, search in searches().items():
        await queries.page(search, None, _PAGE)
        found[name] = [await _p95(lambda search=search: queries.page(search, None, _PAGE)) for _ in range(repetitions)]  # type: ignore[misc]
    slowest = max(found, key=lambda name: sorted(found[name])[len(found[name]) // 2])
    figures = [
        Figure(
            "search_p95_ms", "ms", found[slowest], GOAL_MS, Sense.AT_MOST, {"cases": COUNT, "worst": slowest, **found}
        )
    ]
    histories = Histories(database)
    for name, account in (("history_p95_ms", many.account_of(COUNT // 2 + 1)), ("history_large_p95_ms", many.LARGE)):
        asked = Asked(account, "Asia/Shanghai", many.LAST - timedelta(days=36_500), many.LAST + timedelta(days=1))
        samples = [await _p95(lambda asked=asked: histories.of(asked), 5) for _ in range(repetitions)]  # type: ignore[misc]
        figures.append(Figure(name, "ms", samples, detail={"cases": COUNT}))
    return figures


def searches() -> Mapping[str, Search]:
    """Each by itself, by an owner of 10,000 cases and by staff, some together; dense, sparse, finding nothing."""
    n, large = COUNT // 2 + 1, many.LARGE
    listing = listings_of(f"taobao:item:{many.item_of(n)}")
    assert isinstance(listing, tuple)
    own: dict[str, dict[str, Any]] = {
        "": {},
        " status": {"states": frozenset({"countered"})},
        " group": {"states": GROUPS["in_processing"]},
        " platform": {"platform": "lazada"},
        " type": {"complaint_type": "patent"},
        " reason, none": {"reason": "none"},
        " right": {"right": many.right_of(0)},
        " listing": {"listings": listing},
        " days": _MONTH,
        " number": {"case": many.case_number_of(n)},
        " submission": {"submission": many.case_number_of(n)[:-4]},
    }
    found = {f"own{name}": Search(account=large, **search) for name, search in own.items()}
    found |= {f"all{name}": Search(**search) for name, search in own.items()}
    return found | {
        "all merchant": Search(merchant=many.merchant_of(n)),
        "all reviewer": Search(reviewer="staff-1"),
        "all reviewer, none": Search(reviewer="staff-9"),
        "all site": Search(platform="lazada", site="SG"),
        "all account": Search(account=many.account_of(n)),
        "all status, platform, days": Search(states=frozenset({"closed"}), platform="lazada", **_MONTH),
    }


async def _p95(ask: Callable[[], Awaitable[object]], times: int = _ASKED) -> float:
    """Milliseconds that 95 % of so many questions took at most."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)[max(0, -(-95 * times // 100) - 1)]
