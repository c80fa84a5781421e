"""Taking files in: inspected, then scanned. What services that take files use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shared.files.inspector import Inspector
from shared.files.scanning import SCANNED, Clean, Infected, NotConfigured, Scanner, ScannerUnavailable
from shared.files.verdict import MENDS, Accepted, FileFinding, Refused, Verdict
from shared.kernel.decider import Refusal
from shared.policies.policy import FileLimit

NOT_SCANNED = "document-not-scanned"
FILE_REFUSALS = {
    "document-type-not-accepted": 415,
    "document-too-large": 413,
    "document-not-acceptable": 422,
    NOT_SCANNED: 503,
}
"""What a route that takes one file declares: the first two where nothing else is wrong with it."""


class Sent(Protocol):
    """A file as it was sent."""

    @property
    def filename(self) -> str: ...
    @property
    def content(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PointedFinding:
    """A finding with the part of the form that it is about (a JSON pointer)."""

    code: str
    detail: str
    mend: str
    pointer: str


class FileNotAcceptable(Refusal):
    """All that is wrong with one file."""

    def __init__(self, findings: Sequence[FileFinding], pointer: str) -> None:
        first, number = findings[0], len(findings)
        alone = number == 1 and first.code in FILE_REFUSALS
        code = first.code if alone else "document-not-acceptable"
        detail = (
            first.detail
            if alone
            else f"{number} {'thing stands' if number == 1 else 'things stand'} in the way of this file."
        )
        super().__init__(code, detail, first.mend if alone else "Mend what `problems` names and send it again.")
        self.problems = pointed(findings, pointer)


def pointed(findings: Sequence[FileFinding], pointer: str) -> tuple[PointedFinding, ...]:
    return tuple(PointedFinding(each.code, each.detail, each.mend, pointer) for each in findings)


@dataclass(frozen=True)
class FileIntake:
    inspector: Inspector
    scanner: Scanner

    async def examine(self, sent: Sent, limit: FileLimit) -> Verdict:
        """Raises Refusal `document-not-scanned` where there is a scanner and it gives no answer: the file may be
        sent again, and until then it is not kept."""
        verdict = await self.inspector.inspect(sent.content, sent.filename, limit)
        return verdict if isinstance(verdict, Refused) else await self._scanned(verdict, sent.content)

    async def accept(self, sent: Sent, limit: FileLimit, pointer: str) -> Accepted:
        """Raises FileNotAcceptable, and as `examine` does."""
        verdict = await self.examine(sent, limit)
        if isinstance(verdict, Refused):
            raise FileNotAcceptable(verdict.findings, pointer)
        return verdict

    async def _scanned(self, accepted: Accepted, content: bytes) -> Verdict:
        try:
            scanned = await self.scanner.scan(content)
        except ScannerUnavailable as problem:
            SCANNED.labels("unavailable").inc()
            detail = "The malware scanner gives no answer, so the file is not taken now."
            raise Refusal(NOT_SCANNED, detail, MENDS[NOT_SCANNED]) from problem
        match scanned:
            case Infected(name):
                SCANNED.labels("infected").inc()
                detail = f"The malware scanner found {name} in it."
                return Refused((FileFinding("document-infected", detail, MENDS["document-infected"]),))
            case Clean():
                SCANNED.labels("clean").inc()
                return replace(accepted, scan="clean")
            case NotConfigured():
                SCANNED.labels("not_configured").inc()
                return replace(accepted, scan="not_configured")
