"""One table of rules per marketplace and country site."""

from services.complaints.intake.addresses.marketplaces import (
    alibaba,
    aliexpress,
    lazada,
    taobao,
    tmall,
    wholesale_1688,
)
from services.complaints.intake.addresses.rules import Market

ALL: tuple[Market, ...] = (
    taobao.TAOBAO,
    tmall.TMALL,
    tmall.TMALL_GLOBAL,
    wholesale_1688.WHOLESALE_1688,
    aliexpress.ALIEXPRESS,
    alibaba.ALIBABA,
    *lazada.SITES,
)

__all__ = ["ALL"]
