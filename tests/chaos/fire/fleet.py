"""What can be done to the processes of a burning stage."""

import os
import signal
from contextlib import suppress
from itertools import count
from pathlib import Path

from deploy.local.ports import steady_ports
from tests.chaos.fire.ground import BurningStage, Crew, Post

_READY_WITHIN = 150.0


class Fleet:
    """Kills, stops, reinforces and replaces. Whoever is killed is started again by the supervisor at once."""

    def __init__(self, stage: BurningStage) -> None:
        self._stage = stage
        self._numbers = count(2)

    @property
    def posts(self) -> list[Post]:
        return [crew.post for crew in self._stage.crews.values()]

    def pid(self, post: Post) -> int:
        return self._stage.supervisor.pids[self._stage.crews[post.name].name]

    def kill(self, post: Post) -> int:
        """kill -9; the id of the killed process."""
        return self._stage.supervisor.kill(self._stage.crews[post.name].name)

    def freeze(self, post: Post) -> int:
        pid = self.pid(post)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        return pid

    def thaw(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    async def reinforce(self, post: Post) -> Crew:
        """A further process of a post, without callers; returns when it runs, not when it is ready."""
        number = next(self._numbers)
        [port] = steady_ports(1)
        crew = Crew(post, f"{post.name}-{number}", port, instance=str(number))
        self._stage.supervisor.add(self._stage.program(crew))
        return crew

    async def dismiss(self, crew: Crew, *, killed: bool = False) -> None:
        if killed:
            self._stage.supervisor.kill(crew.name)
        await self._stage.supervisor.retire(crew.name)

    async def replace(self, post: Post, folder: Path | None = None) -> None:
        """Rolling: the new process is ready beside the old one before callers go to it and the old one is asked to
        stop. `folder`: where the new one's version of the code is."""
        number = next(self._numbers)
        [port] = steady_ports(1)
        old = self._stage.crews[post.name]
        new = Crew(post, f"{post.name}-{number}", port, instance=str(number))
        self._stage.supervisor.add(self._stage.program(new, folder))
        try:
            await self._stage.supervisor.wait_until_one_is_ready(new.name, within=_READY_WITHIN)
        except BaseException:
            await self._stage.supervisor.retire(new.name)
            raise
        if post.serves:
            self._stage.let_in(new)
        self._stage.crews[post.name] = new
        await self._stage.supervisor.retire(old.name)

    async def take_away(self, post: Post) -> None:
        """Asks the process of a post to stop; nobody is there until `send_back`."""
        await self._stage.supervisor.retire(self._stage.crews[post.name].name)

    def send_back(self, post: Post) -> None:
        self._stage.supervisor.add(self._stage.program(self._stage.crews[post.name]))
