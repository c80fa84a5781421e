"""Taobao: items by the parameter `id`, storefronts by the number in `shop<number>.taobao.com`.

Item numbers are shared with Tmall and Tmall Global; the host says which of them shows the item. Storefronts under a
name of their own, or addressed by the seller's number, are not taken: without a look-up nobody knows which shop
number they are, and one storefront would have two identities.
"""

import re

from services.complaints.intake.addresses.rules import ITEM_NUMBER, Form, Market, kinds, patterns

_SHOP_HOSTS = ("shop{n}.taobao.com", "shop{n}.m.taobao.com", "shop{n}.world.taobao.com")

TAOBAO = Market(
    platform="taobao",
    site=None,
    name="Taobao",
    domains=("taobao.com",),
    forms=(
        Form("item", ("item.taobao.com",), re.compile(r"/item\.html?"), "/item.htm?spm=a21wu.1&id={n}&ns=1", "id"),
        Form("item", ("h5.m.taobao.com",), re.compile(r"/awp/core/detail\.html?"), "/awp/core/detail.htm?id={n}", "id"),
        Form("item", ("new.m.taobao.com",), re.compile(r"/detail\.html?"), "/detail.htm?id={n}", "id"),
        Form("item", ("main.m.taobao.com",), re.compile(r"/detail/index\.html"), "/detail/index.html?id={n}", "id"),
        Form("item", ("m.intl.taobao.com",), re.compile(r"/detail/detail\.html"), "/detail/detail.html?id={n}", "id"),
        Form(
            "item",
            ("market.m.taobao.com",),
            re.compile(r"/app/dinamic/h5-tb-detail/index\.html"),
            "/app/dinamic/h5-tb-detail/index.html?id={n}",
            "id",
        ),
        Form("item", ("a.m.taobao.com",), re.compile(rf"/i(?P<n>{ITEM_NUMBER})\.html?"), "/i{n}.htm"),
        Form("item", ("world.taobao.com",), re.compile(rf"/item/(?P<n>{ITEM_NUMBER})\.html?"), "/item/{n}.htm"),
        Form("storefront", _SHOP_HOSTS, re.compile(r"/?|/index\.html?|/shop/view_shop\.html?"), "/?spm=1"),
        Form(
            "storefront",
            ("shop.m.taobao.com",),
            re.compile(r"/shop/shop_index\.html?"),
            "/shop/shop_index.htm?shop_id={n}",
            "shop_id",
        ),
    ),
    canonical=kinds("https://item.taobao.com/item.htm?id={n}", "https://shop{n}.taobao.com/"),
    numbers=patterns(ITEM_NUMBER, ITEM_NUMBER),
    shortcuts=frozenset({"m.tb.cn", "e.tb.cn", "tb.cn", "s.click.taobao.com", "uland.taobao.com"}),
)
