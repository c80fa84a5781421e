"""Tmall and Tmall Global (tmall.hk): items by the parameter `id`, storefronts by their name below the domain."""

import re

from services.complaints.intake.addresses.rules import ITEM_NUMBER, STORE_NAME, Form, Market, kinds, names, patterns

_STORE_PAGE = re.compile(r"/?|/index\.html?|/shop/view_shop\.html?")
# Tmall's own pages below the same domain; a name that is missing here would only be taken for a storefront.
_OWN_PAGES = names(
    """
    www detail list s search item login pass buy cart order trade member my me vip brand brands pages page act market
    chaoshi ju juhuasuan yao food nvzhuang world m h5 img gw api acs mdskip click ext rate kf help service rule rules
    guize zhaoshang shop shopsearch store content temai 3c car fushi sport baby fresh miao hk global import open dsr
    favorite data analytics
    """
)

TMALL = Market(
    platform="tmall",
    site=None,
    name="Tmall",
    domains=("tmall.com",),
    forms=(
        Form(
            "item",
            (
                "detail.tmall.com",
                "detail.m.tmall.com",
                "chaoshi.detail.tmall.com",
                "chaoshi.detail.m.tmall.com",
                "world.detail.tmall.com",
            ),
            re.compile(r"/item(?:_o)?\.html?"),
            "/item.htm?spm=a220m.1000858&id={n}&skuId=17",
            "id",
        ),
        Form("item", ("world.tmall.com",), re.compile(rf"/item/(?P<n>{ITEM_NUMBER})\.html?"), "/item/{n}.htm"),
        Form("storefront", ("{n}.tmall.com", "{n}.m.tmall.com", "{n}.world.tmall.com"), _STORE_PAGE, "/?spm=1"),
    ),
    canonical=kinds("https://detail.tmall.com/item.htm?id={n}", "https://{n}.tmall.com/"),
    numbers=patterns(ITEM_NUMBER, STORE_NAME),
    reserved=_OWN_PAGES,
    shortcuts=frozenset({"click.tmall.com", "s.click.tmall.com"}),
)

TMALL_GLOBAL = Market(
    platform="tmall_global",
    site=None,
    name="Tmall Global",
    domains=("tmall.hk",),
    forms=(
        Form(
            "item",
            ("detail.tmall.hk", "detail.m.tmall.hk", "chaoshi.detail.tmall.hk"),
            re.compile(r"(?:/hk)?/item\.html?"),
            "/hk/item.htm?id={n}&spm=1",
            "id",
        ),
        Form("storefront", ("{n}.tmall.hk", "{n}.m.tmall.hk"), _STORE_PAGE, "/?spm=1"),
    ),
    canonical=kinds("https://detail.tmall.hk/item.htm?id={n}", "https://{n}.tmall.hk/"),
    numbers=patterns(ITEM_NUMBER, STORE_NAME),
    reserved=_OWN_PAGES,
)
