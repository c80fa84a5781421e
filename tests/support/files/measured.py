"""Inspects files and says what memory that took: `python -m tests.support.files.measured FOLDER`.

The folder holds one file for each case and `cases.json`: for each its number, name and limit.
"""

import resource
import sys
from pathlib import Path

import orjson

from shared.files.inspection import inspect
from shared.files.verdict import Refused
from shared.policies.loading import load_policy_book


def main(folder: Path) -> None:
    files = load_policy_book().version("2026-01").files
    refused, before = 0, _peak()
    for number, filename, limit in orjson.loads((folder / "cases.json").read_bytes()):
        verdict = inspect((folder / str(number)).read_bytes(), filename, getattr(files, limit))
        refused += isinstance(verdict, Refused)
    sys.stdout.buffer.write(orjson.dumps({"refused": refused, "before": before, "peak": _peak()}))


def _peak() -> int:
    """Bytes of the largest resident set so far. Linux counts in KiB, and its getrusage starts with the size of the
    process that started this one; VmHWM does not."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
