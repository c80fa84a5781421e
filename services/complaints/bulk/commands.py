"""Taking a file: read, its rows sealed by region in batches, answered at once; filing goes on behind it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from services.complaints.bulk import model as m
from services.complaints.bulk.reading import Line, decoded, format_of, read
from services.complaints.bulk.rows import BadRow, ComplaintRow, RowProblem
from services.complaints.places import of_bulk, region_of
from shared.eventstore import Cause, Executed, Receipt, Repository
from shared.httpkit import Upload
from shared.kernel.clock import Clock
from shared.kernel.decider import Refusal
from shared.kernel.ids import derived_id
from shared.policies.platforms import PLATFORMS
from shared.policies.terms import PolicyBook
from shared.vault import SubjectVault

BATCH_ROWS = 2_000
"""What is worked off in one go [ours]: a second or two, so that files of others get their turn."""
_ELSEWHERE = "alibaba"
"""Stands for rows whose marketplace is none of ours: they are refused when they are filed."""

Done = Executed[m.BulkImport, m.Event]


def import_number(account_id: str, key: str) -> str:
    """The same request of the same account is the same import, for ever."""
    return derived_id("imp", account_id, key)


@dataclass
class BulkCommands:
    repository: Repository[m.BulkImport, m.Event]
    vault: SubjectVault
    policy: PolicyBook
    clock: Clock

    async def take(self, account_id: str, sent: Upload, cause: Cause, receipt: Receipt[m.BulkImport]) -> Done:
        """Raises Refusal for a file that is none, and `too-many-rows`: then nothing of it is kept."""
        number = import_number(account_id, receipt.key)
        told = await self.repository.recall(number, receipt)
        if told is not None:
            return told
        now = self.clock.now()
        policy = self.policy.at(now)
        text = decoded(sent.content)
        kind = format_of(sent.filename, text)
        lines = list(self._up_to(read(text, kind), policy.complaints.max_bulk_rows))
        taken = m.BulkTaken(
            at=now,
            import_id=number,
            account_id=account_id,
            format=kind,
            sha256=sent.sha256,
            rows=len(lines),
            unreadable=sum(isinstance(line, BadRow) for line in lines),
            batches=await self._sealed(number, account_id, lines),
            policy_version=policy.version,
        )
        return await self.repository.execute(
            number, lambda found: m.decide(found, m.TakeBulk(taken=taken), now), cause, receipt
        )

    async def finish(self, import_id: str, cases: int, refused: int, cause: Cause) -> None:
        command = m.FinishBulk(cases=cases, refused=refused)
        await self.repository.execute(import_id, lambda found: m.decide(found, command, self.clock.now()), cause)

    async def rows_of(self, found: m.BulkImport, number: int) -> Sequence[Line]:
        """The rows of a batch, in the order of their lines. Raises Gone where they were removed."""
        rows: list[Line] = []
        for piece in found.batches[number].pieces:
            sealed = await self.vault.open(found.account_id, piece.ref, of_bulk(piece.platform, found.id, number))
            rows += _unpacked(sealed)
        return sorted(rows, key=lambda row: row.line)

    async def forget_rows(self, found: m.BulkImport) -> None:
        """What was filed is in its submissions: the rows themselves are needed no more."""
        for number, batch in enumerate(found.batches):
            for piece in batch.pieces:
                place = of_bulk(piece.platform, found.id, number)
                await self.vault.remove(found.account_id, place, [piece.ref])

    def _up_to(self, lines: Iterable[Line], most: int) -> Iterator[Line]:
        for count, line in enumerate(lines):
            if count == most:
                raise Refusal(
                    "too-many-rows", f"The file has more than {most} rows.", "Send the rest in a further file."
                )
            yield line

    async def _sealed(self, number: str, account_id: str, lines: Sequence[Line]) -> tuple[m.Batch, ...]:
        batches = []
        for start in range(0, len(lines), BATCH_ROWS):
            some, position = lines[start : start + BATCH_ROWS], start // BATCH_ROWS
            pieces = []
            for platform, rows in _by_region(account_id, some).items():
                place = of_bulk(platform, number, position)
                ref = await self.vault.seal(account_id, place, _packed(rows), once=number)
                pieces.append(m.Piece(platform=platform, ref=ref))
            batches.append(
                m.Batch(first_line=some[0].line, last_line=some[-1].line, rows=len(some), pieces=tuple(pieces))
            )
        return tuple(batches)


def _by_region(account_id: str, rows: Sequence[Line]) -> dict[str, list[Line]]:
    """Rows by the platform that stands for their region."""
    stands_for: dict[str, str] = {}
    found: dict[str, list[Line]] = {}
    for row in rows:
        known = isinstance(row, ComplaintRow) and row.platform in PLATFORMS
        platform = row.platform if isinstance(row, ComplaintRow) and known else _ELSEWHERE
        region = region_of(account_id, of_bulk(platform, "", 0))
        found.setdefault(stands_for.setdefault(region, platform), []).append(row)
    return found


def _packed(rows: Sequence[Line]) -> bytes:
    return orjson.dumps([asdict(row) for row in rows])


def _unpacked(sealed: bytes) -> Iterator[Line]:
    for row in orjson.loads(sealed):
        if "problems" in row:
            yield BadRow(row["line"], tuple(RowProblem(**problem) for problem in row["problems"]))
        else:
            texts: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
            }
            yield ComplaintRow(**texts)
