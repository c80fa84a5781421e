"""Disclosed copies: drawn anew from the sealed original with the covers painted over, and sealed themselves.

What a merchant is given is read from here alone: the original is not opened for it, so nothing that is covered can be
given out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.ipr.places import DISCLOSED_PAGE, DOCUMENT
from services.ipr.rights import model as m
from services.ipr.rights.commands import Done, RightCommands
from shared.eventstore import Cause, Receipt
from shared.files import Cover, Kind, kind_of
from shared.kernel.decider import Refusal
from shared.policies.policy import DrawingLimit

# A place in the vault. Never to be renamed.


@dataclass
class DisclosedCopies:
    rights: RightCommands

    async def disclose(
        self,
        right: m.Right,
        number: int,
        document_sha256: str,
        pages: Sequence[m.PageRedaction],
        by: str,
        receipt: Receipt[m.Right],
        cause: Cause,
    ) -> Done:
        """Raises Refusal where the decision does not fit the document. An earlier copy is taken away for ever."""
        document = m.check_disclosable(right, number, document_sha256)
        drawing = self.rights.policy.at(self.rights.clock.now()).files.drawing
        original = await self.rights.vault.open(right.account_id, document.ref, DOCUMENT)
        kind = kind_of(original)
        there = await self.rights.intake.inspector.pages(original, kind) if kind else 0
        m.check_pages([each.page for each in pages], there, drawing.disclosed_pages)
        once = f"{receipt.key}/{receipt.body_hash}"
        drawn = [await self._drawn(right.account_id, original, kind, each, drawing, once) for each in _ordered(pages)]
        command = m.DiscloseCopy(number=number, document_sha256=document_sha256, pages=tuple(drawn), by=by)
        before = right.disclosed_copy(number)
        done = await self.rights.execute(right.id, command, cause, receipt)
        if before is not None and not done.repeated:
            kept = {page.ref for copy in done.state.disclosed for page in copy.pages}
            past = [page.ref for page in before.pages if page.ref not in kept]
            await self.rights.vault.remove(right.account_id, DISCLOSED_PAGE, past)
        return done

    async def page(self, right: m.Right, number: int, page: int) -> bytes | None:
        """A page as it is shown to the sellers complained of; None where nothing is disclosed or there is no such
        page."""
        copy = right.disclosed_copy(number)
        found = next((each for each in copy.pages if each.page == page), None) if copy else None
        if found is None:
            return None
        return await self.rights.vault.open(right.account_id, found.ref, DISCLOSED_PAGE)

    async def _drawn(
        self,
        account_id: str,
        original: bytes,
        kind: Kind | None,
        told: m.PageRedaction,
        drawing: DrawingLimit,
        once: str,
    ) -> m.DisclosedPage:
        covers = [Cover(each.x, each.y, each.width, each.height) for each in told.rectangles]
        inspector = self.rights.intake.inspector
        image = await inspector.preview(original, kind, drawing.side, told.page, covers) if kind else None
        if image is None:
            mend = "Decide that its authentication failed, and ask for it in another form."
            raise Refusal("document-not-drawn", f"Page {told.page} cannot be drawn.", mend)
        ref = await self.rights.vault.seal(account_id, DISCLOSED_PAGE, image, f"{once}/{told.page}")
        sha256 = hashlib.sha256(image).hexdigest()
        return m.DisclosedPage(page=told.page, rectangles=told.rectangles, ref=ref, sha256=sha256)


def _ordered(pages: Sequence[m.PageRedaction]) -> list[m.PageRedaction]:
    return sorted(pages, key=lambda each: each.page)
