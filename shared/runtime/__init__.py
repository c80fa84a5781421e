"""A process: its roles, its components started in order and stopped in reverse, its logs, its end.

Nothing here is to be inherited from: `wiring.py` of each service opens what it needs and hands over an Assembly.
"""

from shared.runtime.assembly import Assembly, Background, Component
from shared.runtime.logs import configure_logs
from shared.runtime.process import ALL_ROLES, ProcessRole, run
from shared.runtime.surroundings import Surroundings

__all__ = [
    "ALL_ROLES",
    "Assembly",
    "Background",
    "Component",
    "ProcessRole",
    "Surroundings",
    "configure_logs",
    "run",
]
