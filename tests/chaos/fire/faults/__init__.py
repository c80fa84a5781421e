"""What is done to the platform. Each is a small class of one shape, see `Fault`."""

from tests.chaos.fire.faults.fault import Fault, Field, NotPossibleHere
from tests.chaos.fire.faults.links import CutLink, HalfOpenLink, SlowLink
from tests.chaos.fire.faults.processes import Freeze, KillRole, KillService, Redeploy, Storm
from tests.chaos.fire.faults.records import Duplicate, Replay
from tests.chaos.fire.faults.servers import DiskFull, KillBroker, KillStore
from tests.chaos.fire.faults.times import ClockJump

__all__ = [
    "ClockJump",
    "CutLink",
    "DiskFull",
    "Duplicate",
    "Fault",
    "Field",
    "Freeze",
    "HalfOpenLink",
    "KillBroker",
    "KillRole",
    "KillService",
    "KillStore",
    "NotPossibleHere",
    "Redeploy",
    "Replay",
    "SlowLink",
    "Storm",
]
