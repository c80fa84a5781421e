"""Files of complaints over HTTP: taken, looked at, reported."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.complaints.bulk import rows
from services.complaints.bulk.commands import BulkCommands
from services.complaints.bulk.model import BulkImport, Status
from services.complaints.bulk.store import BulkQueries, Outcome, Outcomes
from services.complaints.bulk.worker import BulkWorker
from services.complaints.intake.findings import row_text
from shared.access import Role
from shared.files.serving import headers_of_file
from shared.httpkit import (
    MIB,
    Part,
    Route,
    account_of,
    actor_of,
    answered,
    cause_of,
    idempotency_of,
    not_found,
    ok,
    read_form,
    read_query,
)

MAX_FILE_BYTES = 32 * MIB
"""Ours: a hundred thousand rows of a usual length."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEADER = ("line", "reference", "case_id", "listing_id", "codes", "columns", "detail", "mend", "known_case_id")


class BulkView(BaseModel):
    """done: rows that were worked off so far; cases, refused: of these."""

    import_id: str
    status: Status
    rows: int
    unreadable: int
    done: int
    cases: int
    refused: int
    taken_at: datetime
    finished_at: datetime | None


class BulkList(BaseModel):
    imports: list[BulkView]


class ProblemOfRow(BaseModel):
    code: str
    column: str
    detail: str
    mend: str


class LineOfReport(BaseModel):
    """One line of the report as JSON Lines."""

    line: int
    reference: str
    case_id: str | None
    listing_id: str | None
    problems: list[ProblemOfRow]
    known_case_id: str | None


class ReportQuery(BaseModel):
    """only: all rows, or those that made no case."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["csv", "jsonl"] = "csv"
    only: Literal["all", "refused"] = "all"


class ListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100)


@dataclass
class BulkApi:
    commands: BulkCommands
    queries: BulkQueries
    outcomes: Outcomes
    worker: BulkWorker

    def routes(self) -> tuple[Route, ...]:
        one = "/v1/bulk-submissions/{import_id}"
        return (
            Route(
                "POST",
                "/v1/bulk-submissions",
                "file-in-bulk",
                "File many complaints in one file, CSV or JSON Lines: each row by itself",
                self.take,
                parts=(Part("file", "CSV (a header, then rows) or JSON Lines", MAX_FILE_BYTES),),
                output=BulkView,
                status=202,
                problems={
                    "encoding-unknown": 422,
                    "columns-missing": 422,
                    "columns-repeated": 422,
                    "file-empty": 422,
                    "too-many-rows": 422,
                },
            ),
            Route(
                "GET",
                "/v1/bulk-submissions",
                "list-bulk-submissions",
                "One's own files, the latest first",
                self.list,
                query=ListQuery,
                output=BulkList,
            ),
            Route("GET", one, "read-bulk-submission", "How far a file is", self.read, output=BulkView),
            Route(
                "GET",
                f"{one}/report",
                "read-bulk-report",
                "What became of each row so far, by its line",
                self.report,
                query=ReportQuery,
                output_media_type="text/csv",
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        sent = (await read_form(request)).file("file")
        receipt = (await idempotency_of(request)).receipt(_taken_view, status=202)
        done = await self.commands.take(account_of(request), sent, cause_of(request), receipt)
        self.worker.wake()
        return answered(done)

    async def list(self, request: web.Request) -> web.Response:
        query = read_query(request, ListQuery)
        found = await self.queries.of_account(account_of(request), query.limit)
        return ok(BulkList(imports=[await self._view(each) for each in found]))

    async def read(self, request: web.Request) -> web.Response:
        return ok(await self._view(await self._visible(request)))

    async def report(self, request: web.Request) -> web.StreamResponse:
        query = read_query(request, ReportQuery)
        found = await self._visible(request)
        kind = "text/csv" if query.format == "csv" else "application/x-ndjson"
        headers = headers_of_file(f"{found.id}.{query.format}")
        response = web.StreamResponse(headers={**headers, "Content-Type": f"{kind}; charset=utf-8"})
        await response.prepare(request)
        async for piece in self._pieces(found, query):
            await response.write(piece)
        await response.write_eof()
        return response

    async def _pieces(self, found: BulkImport, query: ReportQuery) -> AsyncIterator[bytes]:
        if query.format == "csv":
            yield b"\xef\xbb\xbf" + _csv([_HEADER])  # spreadsheets take a file without the mark for another encoding
        async for batch in self.outcomes.each(found.id):
            some = [each for each in batch if query.only == "all" or each.case_id is None]
            yield _csv(map(_cells, some)) if query.format == "csv" else b"".join(map(_json_line, some))

    async def _view(self, found: BulkImport) -> BulkView:
        cases, refused = found.cases, found.refused
        if found.status == "under_way":
            done = await self.outcomes.done(found.id)
            cases, refused = sum(each["cases"] for each in done), sum(each["refused"] for each in done)
        return BulkView(
            import_id=found.id,
            status=found.status,
            rows=found.rows,
            unreadable=found.unreadable,
            done=cases + refused,
            cases=cases,
            refused=refused,
            taken_at=found.taken_at,
            finished_at=found.finished_at,
        )

    async def _visible(self, request: web.Request) -> BulkImport:
        """One's own; any for staff."""
        loaded = await self.commands.repository.load(request.match_info["import_id"])
        actor = actor_of(request)
        if loaded is None or (actor.is_a(Role.COMPLAINANT) and loaded.state.account_id != actor.account_id):
            raise not_found("file")
        return loaded.state


def _taken_view(found: BulkImport) -> BulkView:
    return BulkView(
        import_id=found.id,
        status="under_way",
        rows=found.rows,
        unreadable=found.unreadable,
        done=0,
        cases=0,
        refused=0,
        taken_at=found.taken_at,
        finished_at=None,
    )


def _told(code: str) -> tuple[str, str]:
    return rows.ROW_TEXTS[code] if code in rows.ROW_TEXTS else row_text(code, "", None)


def _line(outcome: Outcome) -> LineOfReport:
    return LineOfReport(
        line=outcome.line,
        reference=outcome.reference,
        case_id=outcome.case_id,
        listing_id=outcome.listing_id,
        problems=[
            ProblemOfRow(code=code, column=column, detail=_told(code)[0], mend=_told(code)[1])
            for code, column in outcome.problems
        ],
        known_case_id=outcome.known_case_id,
    )


def _json_line(outcome: Outcome) -> bytes:
    return orjson.dumps(_line(outcome).model_dump(), option=orjson.OPT_APPEND_NEWLINE)


def _cells(outcome: Outcome) -> Sequence[str]:
    told = _line(outcome)
    return (
        str(told.line),
        told.reference,
        told.case_id or "",
        told.listing_id or "",
        " ".join(each.code for each in told.problems),
        " ".join(each.column for each in told.problems),
        " ".join(each.detail for each in told.problems),
        " ".join(each.mend for each in told.problems),
        told.known_case_id or "",
    )


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    """A cell that a spreadsheet would take for a formula is shown as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    for cells in lines:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue().encode()
