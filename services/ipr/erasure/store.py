"""How this service's part in erasures is kept."""

from shared.contracts.erasures import IPR_ERASURES
from shared.erasure import erasures_of

ERASURES = erasures_of("ipr", IPR_ERASURES)
