"""Reading notices."""

import asyncio

from services.notifications.notices.model import Event, Notice
from services.notifications.notices.store import NoticeIndex
from shared.eventstore import Repository

MOST = 200


class NoticeQueries:
    def __init__(self, notices: Repository[Notice, Event], index: NoticeIndex) -> None:
        self._notices = notices
        self._index = index

    async def about(self, about: str, account_id: str | None) -> list[Notice]:
        """By time of planning; at most 200, which no case comes near. `account_id` narrows to what is its matter."""
        ids = await self._index.ids_about(about, account_id, MOST)
        loaded = await asyncio.gather(*(self._notices.load(notice_id) for notice_id in ids))
        return sorted((each.state for each in loaded if each), key=lambda notice: (notice.planned_at, notice.id))
