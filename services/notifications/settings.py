"""What notifications needs to know of where it runs; read once, in `__main__`."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.notifications.delivery.http_peers import PeerAddresses
from services.notifications.delivery.links import Portals
from services.notifications.delivery.smtp import MailServer
from shared.runtime.surroundings import SettingMissing, Surroundings, required

SENDER = "Intellectual Property Protection <no-reply@ipp.example>"


@dataclass(frozen=True)
class Settings:
    """portals: where merchants open the links of their notices; without a portal of its own, the addresses of
    complaints and of ipr."""

    surroundings: Surroundings
    peers: PeerAddresses
    mail: MailServer
    portals: Portals

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "Settings":
        """IPP_IDENTITY_URL, IPP_IPR_URL, IPP_COMPLAINTS_URL, IPP_MARKETPLACE_CONTACT_URL,
        IPP_SMTP_HOST, IPP_SMTP_PORT, and where they apply IPP_PORTAL_URL, IPP_SMTP_SENDER, IPP_SMTP_TLS,
        IPP_SMTP_USERNAME, IPP_SMTP_PASSWORD."""
        peers = PeerAddresses(
            identity=required(env, "IPP_IDENTITY_URL", "http://… of identity").rstrip("/"),
            ipr=required(env, "IPP_IPR_URL", "http://… of ipr").rstrip("/"),
            marketplaces=required(env, "IPP_MARKETPLACE_CONTACT_URL", "http://… of merchants' contacts").rstrip("/"),
        )

        mail = MailServer(
            host=required(env, "IPP_SMTP_HOST", "the mail server"),
            port=int(required(env, "IPP_SMTP_PORT", "the mail server's port")),
            sender=env.get("IPP_SMTP_SENDER", SENDER),
            tls=env.get("IPP_SMTP_TLS") == "1",
            username=env.get("IPP_SMTP_USERNAME") or None,
            password=env.get("IPP_SMTP_PASSWORD") or None,
        )
        portal = env.get("IPP_PORTAL_URL", "").rstrip("/")
        portals = Portals(
            cases=portal or required(env, "IPP_COMPLAINTS_URL", "http://… of complaints").rstrip("/"),
            certificates=portal or peers.ipr,
        )
        surroundings = Surroundings.read("notifications", env)
        if not surroundings.service_secret:
            raise SettingMissing("IPP_SERVICE_SECRET", "the secret that services show to identity")
        return cls(surroundings, peers, mail, portals)
