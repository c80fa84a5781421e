"""What else the platform asks over HTTP: the marketplaces' contact port and the provider that confirms identities of
the mainland; and a window on the simulated mailbox."""

import zlib

from aiohttp import web

from deploy.simulator.listings import PLATFORMS
from deploy.simulator.mailbox import Mailbox

LOOPBACK = "127.0.0.1"
_CHINESE = frozenset({"taobao", "tmall", "tmall_global", "1688"})


def merchant_email(merchant_id: str) -> str:
    return f"{merchant_id}@merchants.example"


class ContactPort:
    """`GET /v1/{platform}/merchants/{id}/contact` and `POST /confirmations` for the platform; `GET /v1/mailbox?to=` for
    a person who tries it."""

    def __init__(self, mailbox: Mailbox, port: int = 0, host: str = LOOPBACK) -> None:
        self._mailbox = mailbox
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/v1/{platform}/merchants/{merchant_id}/contact", self._contact)
        app.router.add_post("/confirmations", self._confirm)
        app.router.add_get("/v1/mailbox", self._mails)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _contact(self, request: web.Request) -> web.Response:
        platform, merchant_id = request.match_info["platform"], request.match_info["merchant_id"]
        if platform not in PLATFORMS:
            return web.json_response({"detail": f"{platform} is no marketplace"}, status=404)
        chinese = platform in _CHINESE
        number = merchant_id.rpartition("-")[2]
        return web.json_response(
            {
                "name": f"第{number}号店铺" if chinese else f"Store No. {number}",
                "email": merchant_email(merchant_id),
                "language": "zh" if chinese else "en",
            }
        )

    async def _confirm(self, request: web.Request) -> web.Response:
        """Everybody is who they say."""
        details = await request.json()
        reference = f"simulated-{zlib.crc32(str(details.get('id_number', '')).encode()):08x}"
        return web.json_response({"confirmed": True, "reference": reference})

    async def _mails(self, request: web.Request) -> web.Response:
        """By address (`to`) or by the case of a merchant's link (`case`)."""
        case_id = request.query.get("case")
        found = [
            mail
            for mail in self._mailbox.mails_to(request.query.get("to", ""))
            if case_id is None or mail.case_id == case_id
        ]
        return web.json_response(
            [{"to": mail.to, "subject": mail.subject, "text": mail.text, "code": mail.code, "link": mail.link}
             for mail in found]
        )  # fmt: skip
