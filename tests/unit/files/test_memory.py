"""The whole corpora in one process: what it holds at most stays below what is promised for a single file."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pypdfium2
import pytest

from shared.files.inspector import InspectorProcess
from tests.support.files.benign import BENIGN
from tests.support.files.case import Case
from tests.support.files.hostile import HOSTILE
from tests.support.files.largest import largest
from tests.support.files.pdfs import document, flate, stream

MIB = 1_048_576
BOUND = 384 * MIB
"""Of the resident set: 256 MiB that one file may unpack to (policy), and 128 for Python, the decoders and the file."""

ORDINARY_BOUND = 160 * MIB
"""Of files as they come, hostile ones among them: little of any is ever held unpacked."""


def measured(cases: Sequence[Case], folder: Path, root: Path) -> dict[str, Any]:
    for number, case in enumerate(cases):
        (folder / str(number)).write_bytes(case.make())
    listed = [(number, case.filename, case.limit) for number, case in enumerate(cases)]
    (folder / "cases.json").write_bytes(orjson.dumps(listed))
    command = [sys.executable, "-m", "tests.support.files.measured", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True, timeout=300)  # noqa: S603 - ours
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def test_the_hostile_corpus_in_one_process(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    found = measured(HOSTILE, tmp_path, pytestconfig.rootpath)
    assert found["refused"] == len(HOSTILE)
    assert found["peak"] < ORDINARY_BOUND, f"{found['peak'] / MIB:.0f} MiB"


def test_the_most_that_a_file_within_the_limits_can_ask_for(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    found = measured(tuple(largest()), tmp_path, pytestconfig.rootpath)
    assert found["peak"] < BOUND, f"{found['peak'] / MIB:.0f} MiB"


def test_the_benign_corpus_in_one_process(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    found = measured(BENIGN, tmp_path, pytestconfig.rootpath)
    assert found["refused"] == 0
    assert found["peak"] < ORDINARY_BOUND, f"{found['peak'] / MIB:.0f} MiB"


def scan_of(side: int, space: bytes, channels: int) -> bytes:
    """A page that is one picture of `side` × `side`, all white or black."""
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent 8"
    return document(
        [flate(bytes(side * channels) * side, entries % (side, side, space))],
        page=b"/Resources << /XObject << /P 5 0 R >> >>",
        contents=stream(b"q 595 0 0 842 0 0 cm /P Do Q"),
    )


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of another process is told by Linux only")
async def test_the_largest_pages_that_are_drawn() -> None:
    inspector = InspectorProcess()
    try:
        for content in (scan_of(8900, b"/DeviceRGB", 3), scan_of(8000, b"/DeviceCMYK", 4)):
            drawn = await inspector.preview(content, "pdf", 1600)
            assert drawn is not None
            assert await inspector.clean(content, "pdf") is not None
        process = inspector._drawing._process
        assert process is not None
        status = Path(f"/proc/{process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        assert int(line.split()[1]) * 1024 < BOUND
    finally:
        await inspector.stop()


def test_pdfium_is_built_without_scripts_and_xfa() -> None:
    assert not {"V8", "XFA"} & {flag.upper() for flag in pypdfium2.PDFIUM_INFO.flags}
