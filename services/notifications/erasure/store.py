"""How this service's part in erasures is kept."""

from shared.contracts.erasures import NOTIFICATIONS_ERASURES
from shared.erasure import erasures_of

ERASURES = erasures_of("notifications", NOTIFICATIONS_ERASURES)
