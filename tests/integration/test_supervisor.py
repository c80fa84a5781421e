"""The supervisor keeps programs running, and nothing outlives the process that started it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.child import ChildFailed, spawn
from deploy.local.ports import free_ports
from deploy.local.supervisor import Program, Supervisor
from tests.support.processes import alive, eventually

_PROJECT = Path(__file__).parents[2]

# Answers /health/ready, and ends at SIGTERM.
_SERVER = """
import sys
from aiohttp import web
async def ready(request): return web.Response(text="well")
app = web.Application()
app.router.add_get("/health/ready", ready)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
"""
_STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
signal.pause()
"""

# Starts a child from a thread that ends, prints the child's id, and waits to be killed.
_PARENT = """
import signal, sys, threading
from pathlib import Path
from deploy.local.child import spawn
def start():
    child = spawn("sleeper", [sys.executable, "-c", "import signal; signal.pause()"], Path(sys.argv[1]))
    print(child.pid, flush=True)
thread = threading.Thread(target=start)
thread.start()
thread.join()
signal.pause()
"""


@pytest.fixture
def server() -> Program:
    (port,) = free_ports(1)
    return Program("server", (sys.executable, "-c", _SERVER, str(port)), address=f"http://127.0.0.1:{port}")


async def test_a_killed_program_is_started_again_and_is_ready_again(server: Program, tmp_path: Path) -> None:
    async with Supervisor([server], tmp_path) as supervisor:
        await supervisor.wait_until_ready()

        killed = supervisor.kill("server")
        await eventually(lambda: supervisor.restarts["server"] == 1)
        await supervisor.wait_until_ready()

        assert supervisor.pids["server"] != killed
        assert not alive(killed)
        last = supervisor.pids["server"]
    assert not alive(last)


async def test_what_does_not_stop_when_asked_is_killed(tmp_path: Path) -> None:
    stubborn = Program("stubborn", (sys.executable, "-c", _STUBBORN))

    async with Supervisor([stubborn], tmp_path, patience=0.3) as supervisor:
        pid = supervisor.pids["stubborn"]
        await eventually(lambda: "up" in supervisor.log("stubborn").read_text())

    assert not alive(pid)


async def test_a_program_that_fails_again_and_again_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = Program("broken", (sys.executable, "-c", "raise SystemExit('no key')"), address="http://127.0.0.1:9")

    async with Supervisor([broken], tmp_path) as supervisor:
        with pytest.raises(ChildFailed, match=r"broken dies again and again(.|\n)*no key"):
            await supervisor.wait_until_ready(within=30)


async def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    # given a parent with a child that a thread started, the thread being gone
    command = [sys.executable, "-c", _PARENT, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_PROJECT, text=True) as parent:  # noqa: ASYNC220, S603
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)

        # when
        parent.send_signal(signal.SIGKILL)

    # then
    await eventually(lambda: not alive(pid))


async def test_a_command_that_does_not_exist_is_told(tmp_path: Path) -> None:
    child = spawn("nothing", ["no-such-program"], tmp_path / "log")

    await eventually(lambda: not child.running)

    assert "no-such-program" in str(child.failed("ended"))
