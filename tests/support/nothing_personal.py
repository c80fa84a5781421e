"""At the end of every run of tests: nothing that was typed in is on a topic, in a log or metric, or plain in a store.

Whatever tests ran, all that they and their services wrote is looked at. What is found is told as an error beside the
tests' own, by its name and place, never its value; so is a scanner that could not look.
"""

import re
import tempfile
import time
from pathlib import Path

import pytest

from tests.support.overhearing import Overhearing
from tests.support.typed_in import TypedIn
from tests.support.written import Written

PLACE = "everything written by these tests"
_TOLD = 60
# What has the shape of personal data and is nobody's, and why it is written.
KNOWN = {
    re.compile(r"no-reply@ipp\.example"): "the platform's own sender",
    re.compile(r"ntc-\w{20}\.\w+@ipp\.example"): "the Message-ID of a notice of ours, by which its bounces are known",
}


class NothingPersonal:
    """The plugin; `tests/conftest.py` registers it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ipp-written-")
        self._patch = pytest.MonkeyPatch()
        self._summary = ""
        self.heard = Overhearing(Written(Path(self._folder.name) / "all"), TypedIn())
        self.heard.begin(self._patch)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        with self.heard.safely("a test's output"):
            for name, content in report.sections:
                self.heard.written.note(f"{name} of {report.nodeid}", content.encode(errors="surrogateescape"))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Session's fixtures are gone by now, and their brokers and stores with them."""
        begun = time.monotonic()
        self.heard.end()
        values = self.heard.typed_in.values
        found: list[str] = []
        with self.heard.safely("the look itself"):
            found = sorted(set(self.heard.written.leaks(values, KNOWN)))
        self._tell(session, found)
        written = self.heard.written
        self._summary = (
            f"{len(found)} findings: {len(values)} personal values, and whatever is of such a shape, looked for in "
            f"{written.pieces} pieces of what was written ({written.size / 1e6:.1f} MB), "
            f"in {time.monotonic() - begun:.1f} s"
        )

    def _tell(self, session: pytest.Session, found: list[str]) -> None:
        troubles = [f"could not be looked at: {trouble}" for trouble in self.heard.troubles]
        if not found and not troubles:
            return
        lines = [*found[:_TOLD], *([f"and {len(found) - _TOLD} more"] if len(found) > _TOLD else []), *troubles[:_TOLD]]
        report = pytest.TestReport(
            nodeid=PLACE, location=(PLACE, None, PLACE), keywords={}, outcome="failed", when="teardown",
            longrepr="\n".join(lines),
        )  # fmt: skip
        session.config.hook.pytest_runtest_logreport(report=report)
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(self._summary)

    def pytest_unconfigure(self) -> None:
        self._patch.undo()
        self._folder.cleanup()
