"""The composition root: which parts there are and who knows whom."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from services.notifications.delivery.http_peers import HttpPeers
from services.notifications.delivery.letters import LetterWriter
from services.notifications.delivery.links import ISSUER, MerchantLinks
from services.notifications.delivery.post import Post
from services.notifications.delivery.sender import Sender
from services.notifications.delivery.smtp import SmtpMailer
from services.notifications.delivery.texts import Texts
from services.notifications.erasure.holder import NoticesHolder
from services.notifications.erasure.store import ERASURES
from services.notifications.notices.api import NoticesApi
from services.notifications.notices.commands import Planning, Recording
from services.notifications.notices.queries import NoticeQueries
from services.notifications.notices.reactions import NoticeReactions
from services.notifications.notices.store import NOTICE, NoticeIndex
from services.notifications.operations import OPERATIONS
from services.notifications.settings import Settings
from shared.access import Signer
from shared.erasure import ErasureRecipient
from shared.policies.loading import load_policy_book
from shared.runtime.assembly import Assembly, Background
from shared.runtime.foundation import AUDIENCE, foundation
from shared.runtime.process import ProcessRole


@asynccontextmanager
async def running(settings: Settings, roles: frozenset[ProcessRole]) -> AsyncIterator[Assembly]:
    """The service, until the block ends."""
    async with AsyncExitStack() as edges:
        mailer = SmtpMailer(settings.mail)
        edges.push_async_callback(mailer.close)
        ground = await edges.enter_async_context(foundation("notifications", settings.surroundings, roles))
        peers = HttpPeers(settings.peers, await ground.peers())

        signer = Signer.from_file(ISSUER, settings.surroundings.state_folder / "link-key.pem")
        links = MerchantLinks(signer, settings.portal, AUDIENCE)
        notices = await ground.repository(NOTICE)
        index = NoticeIndex(ground.database)
        writer = LetterWriter(Texts(), peers, links, load_policy_book(), ground.clock)
        post = Post(
            peers,
            writer,
            mailer,
            ground.clock,
            sender=settings.mail.sender,
            mac_key=ground.secret.derive("notice-addresses"),
        )
        sender = Sender(notices, index, Recording(notices), post)
        planning = Planning(notices, ground.clock, sender.planned)

        await ground.background(Background("sender", sender.run))
        ground.assembly.watch("sender", backlog=sender.backlog)
        erasures = ErasureRecipient(
            "notifications",
            await ground.repository(ERASURES),
            NoticesHolder(index, planning),
        )
        await ground.react(*NoticeReactions(planning).subscriptions(), erasures.subscription())
        await ground.serve(
            NoticesApi(NoticeQueries(notices, index), signer).routes(),
            OPERATIONS,
            "Notices: who was told what, when, and the proof of it.",
        )
        yield ground.assembly
