"""Files that owners and merchants send as evidence, and who looks at them."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.simulator.client import Client, Part
from deploy.simulator.documents import png
from deploy.simulator.people import Person
from deploy.simulator.plan import Submission
from deploy.simulator.world import World

_OWNERS_EVERY = 3
_MERCHANTS_EVERY = 2


@dataclass
class Exhibits:
    """Some complaints and answers come with a picture; the plan says the same of each at every run."""

    world: World
    client: Client

    async def of_owner(self, owner: Person, submission: Submission, key: str) -> list[str]:
        """What the complaint names as its files: none, or a comparison photo that is uploaded now."""
        if _number(submission.key) % _OWNERS_EVERY:
            return []
        path, picture = "/v1/evidence", (comparison(submission.key),)
        answer = await owner.call(
            "POST",
            "complaints",
            path,
            body=submission.platform,
            body_part="platform",
            parts=picture,
            key=f"{key}.file",
        )
        return [self._sent(answer)]

    async def of_merchant(self, case_key: str, case_id: str, token: str, key: str) -> list[str]:
        """What the counter-notification names as its files, uploaded through the link of the notice."""
        if _number(case_key) % _MERCHANTS_EVERY:
            return []
        path, picture = f"/v1/merchant/cases/{case_id}/evidence", (invoice(case_key),)
        answer = await self.client.call("POST", "complaints", path, parts=picture, key=f"{key}.file", token=token)
        return [self._sent(answer)]

    async def look(self, reader: Person, case_id: str, parts: set[str]) -> None:
        """The reader must see these parts of what was said in the case, with a text or files each."""
        seen = await reader.get("complaints", f"/v1/cases/{case_id}/evidence")
        said = {statement["part"] for statement in seen["statements"] if statement["text"] or statement["files"]}
        if not parts <= said:
            self.world.surprise(f"{case_id}: {reader.email} was shown {sorted(said)} of {sorted(parts)}")
        self.world.files_seen += sum(len(statement["files"]) for statement in seen["statements"])

    def _sent(self, answer: Mapping[str, Any]) -> str:
        self.world.files_sent.add(answer["evidence_id"])
        return str(answer["evidence_id"])


def comparison(submission_key: str) -> Part:
    return Part("file", png(20_000 + _number(submission_key)), "original-and-copy.png")


def invoice(case_key: str) -> Part:
    return Part("file", png(40_000 + _number(case_key)), "invoice.png")


def _number(key: str) -> int:
    return zlib.crc32(key.encode()) % 10_000
