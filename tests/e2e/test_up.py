"""`ipp up`: it says how to try it, the printed lines work as they stand, and Ctrl-C leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_READY_WITHIN = 150.0
_IPP = str(Path(sys.executable).with_name("ipp"))


class _Up:
    """`ipp up` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "up.log"
        env = {name: value for name, value in os.environ.items() if name not in ("KAFKA_BOOTSTRAP", "MONGO_URL")}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [_IPP, "up"], cwd=folder, stdout=output, stderr=subprocess.STDOUT, env={**env, "COLUMNS": "200"}
            )

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while not (self.folder / ".local/up/running.json").is_file():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[_Up]:
    started = _Up(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()


def _run(command: list[str], folder: Path, within: float = 180.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        command, cwd=folder, capture_output=True, text=True, timeout=within, check=False
    )


def test_the_printed_journey_works_as_it_stands_and_the_platform_stops_clean(up: _Up) -> None:
    up.wait_until_up()
    bash = shutil.which("bash") or "bash"

    walked = _run([bash, ".local/up/journey.sh"], up.folder)
    waiting = _run([_IPP, "dlq", "list"], up.folder)
    topics = _run([_IPP, "provision", "--check"], up.folder)
    up.process.send_signal(signal.SIGINT)

    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert '"reinstatement":"done"' in walked.stdout
    assert "The owner accepted the counter-notification" in walked.stdout
    assert "State: accepted" in walked.stdout
    assert "Nothing is parked" in waiting.stdout, waiting.stdout + waiting.stderr
    assert topics.returncode == 0, topics.stdout + topics.stderr
    assert up.process.wait(60) == 0, up.log.read_text()
    assert not (up.folder / ".local/up/running.json").exists()
    said = up.log.read_text()
    assert "The platform is up" in said
    assert "stopped" in said
