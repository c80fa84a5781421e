"""Resident memory of each service as one process with all its roles, ready and with nothing to do.

Each sample starts the five anew. What complaints needs with a million cases in the store is taken by `cost_growth`,
which has loaded them; what streams need for a million deadlines by the measure of deadlines.
"""

from collections.abc import Mapping, Sequence

import psutil

from deploy.local.ports import free_ports
from deploy.local.services import SERVICES, environment, free_addresses
from deploy.local.supervisor import Supervisor, service_programs
from tests.bench.figures import Figure, Sense
from tests.bench.stage import Stage, complaints_stage

_MB = 1_000_000
GOAL_MB = 160.0
"""Of each. It takes some 105 MB, most of it Python and the libraries that all share; half as much again is room for
growth, and still lets the five together live in less than a gigabyte."""


async def measure(repetitions: int) -> Sequence[Figure]:
    async with complaints_stage() as stage:
        samples = [await _idle(stage, number) for number in range(repetitions)]
    return [
        Figure(f"memory_{name}_idle_mb", "MB", [sample[name] for sample in samples], GOAL_MB, Sense.AT_MOST)
        for name in SERVICES
    ]


async def _idle(stage: Stage, number: int) -> Mapping[str, float]:
    """Megabytes of each service after it has done what a start asks for."""
    addresses = free_addresses()
    [mail, contacts] = free_ports(2)  # nobody is there: nothing is sent
    env = environment(
        kafka_bootstrap=stage.world.stack.kafka_bootstrap,
        mongo_url=stage.world.stack.mongo_url,
        addresses=addresses,
        state_folder=stage.folder / f"state{number}",
        mail=f"127.0.0.1:{mail}",
        marketplace_contacts=f"http://127.0.0.1:{contacts}",
        service_secret="bench",
        database_prefix=f"memory{number}",
    )
    async with Supervisor(service_programs(env, addresses), stage.folder) as running:
        await running.wait_until_ready()
        for address in addresses.values():
            await stage.quiet(int(address.rpartition(":")[2]))
        if any(running.restarts.values()):
            raise AssertionError(f"not all came up at once: {running.restarts}")
        return {name: psutil.Process(pid).memory_info().rss / _MB for name, pid in running.pids.items()}
