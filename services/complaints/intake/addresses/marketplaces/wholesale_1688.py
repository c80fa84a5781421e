"""1688.com: offers by the number in the path, storefronts by their name below the domain."""

import re

from services.complaints.intake.addresses.rules import ITEM_NUMBER, STORE_NAME, Form, Market, kinds, names, patterns

_OWN_PAGES = names(
    """
    www detail m s search login work member trade order cart buy air page pages show shop purchase global kj zhaoshang
    club rule rules help service open img api h5 dj qr winport me my view index top offer company factory live sale act
    cxt fuwu peixun guize
    """
)

WHOLESALE_1688 = Market(
    platform="1688",
    site=None,
    name="1688.com",
    domains=("1688.com",),
    forms=(
        Form(
            "item",
            ("detail.1688.com", "m.1688.com"),
            re.compile(rf"/offer/(?P<n>{ITEM_NUMBER})\.html?"),
            "/offer/{n}.html?spm=a26352.13672862&offerId=5",
        ),
        Form("item", ("detail.1688.com",), re.compile(rf"/pic/(?P<n>{ITEM_NUMBER})\.html?"), "/pic/{n}.html"),
        Form(
            "item", ("detail.m.1688.com",), re.compile(r"/page/index\.html?"), "/page/index.html?offerId={n}", "offerId"
        ),
        Form(
            "storefront",
            ("{n}.1688.com",),
            re.compile(r"/?|/page/(?:index|offerlist|creditdetail|contactinfo)\.html?"),
            "/page/offerlist.htm?spm=1",
        ),
    ),
    canonical=kinds("https://detail.1688.com/offer/{n}.html", "https://{n}.1688.com/"),
    numbers=patterns(ITEM_NUMBER, STORE_NAME),
    reserved=_OWN_PAGES,
    shortcuts=frozenset({"qr.1688.com", "dj.1688.com"}),
)
