"""Copies without metadata: every benign file keeps what it shows and loses what it tells."""

import io
import zlib
from base64 import a85encode
from collections.abc import Callable, Mapping

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageOps

from shared.files.clean import cleaned
from shared.files.inspection import inspect
from shared.files.kinds import kind_of
from shared.files.pdf_pages import drawn_page, page_count
from shared.files.verdict import Accepted
from shared.policies.loading import load_policy_book
from tests.support.files import drawing, pdfs
from tests.support.files.benign import BENIGN
from tests.support.files.case import Case
from tests.support.files.drawing import jpeg_segment, png, png_chunk, with_segments
from tests.support.files.photos import exif, film, motion_photo, photo, saved, scene, with_xmp, xmp

LIMIT = load_policy_book().version("2026-01").files.rights
SHOWN = {"signature"}
"""A signature's field is part of what is read of a document; that it proves nothing any more is said in the docs."""


def told(content: bytes) -> set[str]:
    kind = kind_of(content)
    verdict = inspect(content, f"a.{kind}", LIMIT)
    assert isinstance(verdict, Accepted), verdict
    return set(verdict.metadata)


def seen(content: bytes, kind: str) -> Image.Image:
    if kind == "pdf":
        page = drawn_page(content, 1, 400)
        assert page is not None
        return page
    with Image.open(io.BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image)
        return upright.convert("RGBA") if upright.mode in ("P", "LA", "PA") else upright.copy()


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case.id)
def test_a_clean_copy_shows_the_same_and_tells_nothing(case: Case) -> None:
    content = case.make()
    kind = kind_of(content)
    assert kind is not None
    copy = cleaned(content, kind)
    limit = getattr(load_policy_book().version("2026-01").files, case.limit)
    verdict = inspect(copy, f"a.{kind}", limit)
    assert isinstance(verdict, Accepted), verdict
    assert set(verdict.metadata) <= SHOWN | ({"exif"} if b"Exif" in copy or b"eXIf" in copy else set())
    assert cleaned(copy, kind) == copy or kind == "pdf"
    if kind == "tsa" or copy == content:
        assert kind != "tsa" or copy == content
        return  # Pillow reads fewer kinds of bitmaps than there are
    before, after = seen(content, kind), seen(copy, kind)
    assert (before.mode, before.size) == (after.mode, after.size)
    assert ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox() is None
    if kind == "pdf":
        assert page_count(copy) == page_count(content)


ROAD = "12 Willow Road"
WITH_SECRETS: Mapping[str, bytes] = {
    "jpg": motion_photo(
        with_segments(photo(exif=exif(ROAD, gps=True, turned=6)), jpeg_segment(0xFE, ROAD.encode())),
        film() + ROAD.encode(),
        f'GCamera:MotionPhoto="1" a="{ROAD}"',
    ),
    "described.jpg": with_xmp(photo(comment=ROAD), xmp(ROAD)),
    "png": png(before=[png_chunk(b"tEXt", b"Comment\x00" + ROAD.encode()), png_chunk(b"eXIf", exif(ROAD, turned=6))]),
    "behind.png": drawing.png() + ROAD.encode(),
    "gif": saved(scene().convert("P"), "GIF", comment=ROAD.encode()) + ROAD.encode(),
    "bmp": saved(scene(), "BMP") + ROAD.encode(),
}


@pytest.mark.parametrize("name", WITH_SECRETS)
def test_nothing_of_what_was_written_into_it_is_left(name: str) -> None:
    content, kind = WITH_SECRETS[name], kind_of(WITH_SECRETS[name])
    assert kind is not None
    assert ROAD.encode() in content
    copy = cleaned(content, kind)
    assert ROAD.encode() not in copy
    assert seen(copy, kind).tobytes() == seen(content, kind).tobytes()


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_turned_photo_stays_turned_and_nothing_else_of_its_exif_is_kept(turned: int) -> None:
    copy = cleaned(photo(exif=exif(turned=turned, gps=True)), "jpg")
    with Image.open(io.BytesIO(copy)) as image:
        assert dict(image.getexif()) == ({0x0112: turned} if turned != 1 else {})
    assert b"iPhone" not in copy
    assert "gps" not in told(copy)


def described_pdf(photo_of_it: bytes, filters: bytes = b"/DCTDecode") -> bytes:
    image = pdfs.stream(
        photo_of_it,
        b"/Type /XObject /Subtype /Image /Width 320 /Height 240 /ColorSpace /DeviceRGB /BitsPerComponent 8"
        b" /Filter " + filters + b" /Metadata 7 0 R",
    )
    note = pdfs.stream(xmp(ROAD), b"/Type /Metadata /Subtype /XML")
    return pdfs.document(
        [image, b"<< /Title (%s) /Author (%s) >>" % (ROAD.encode(), ROAD.encode()), note],
        catalog=b"/Metadata 7 0 R /PieceInfo << /Program << /LastModified (D:2026) /Private (%s) >> >>" % ROAD.encode(),
        page=b"/Resources << /XObject << /P 5 0 R >> >>",
        contents=pdfs.stream(b"q 320 0 0 240 100 400 cm /P Do Q"),
        trailer=b"/Info 6 0 R",
    )


WRAPPED: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"/DCTDecode": bytes,
    b"[/DCTDecode]": bytes,
    b"[/ASCII85Decode /DCTDecode]": lambda data: a85encode(data) + b"~>",
    b"[/ASCIIHexDecode /DCTDecode]": lambda data: data.hex().encode() + b">",
    b"[/FlateDecode /DCTDecode]": zlib.compress,
}


@pytest.mark.parametrize("filters", WRAPPED)
def test_a_pdf_loses_its_description_and_that_of_its_photos(filters: bytes) -> None:
    content = described_pdf(WRAPPED[filters](photo(exif=exif(ROAD, gps=True))), filters)
    assert content.count(ROAD.encode()) >= 3
    copy = cleaned(content, "pdf")
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        assert "/Info" not in pdf.trailer
        written = (
            b"".join(each.read_raw_bytes() if isinstance(each, pikepdf.Stream) else b"" for each in pdf.objects) + copy
        )
    assert ROAD.encode() not in written
    assert b"Exif" not in written
    assert seen(copy, "pdf").tobytes() == seen(content, "pdf").tobytes()
    assert told(copy) == set()


def test_an_earlier_version_of_a_pdf_is_not_handed_on() -> None:
    first = pdfs.document(contents=pdfs.stream(b"BT (%s) Tj ET" % ROAD.encode()))
    content = pdfs.updated(first, {4: pdfs.stream(b"BT ET")}, 5)
    assert ROAD.encode() in content
    assert ROAD.encode() not in cleaned(content, "pdf")


def test_where_a_photo_was_taken_is_noticed_inside_a_pdf_too() -> None:
    assert "gps" in told(described_pdf(photo(exif=exif(gps=True))))
    assert "gps" not in told(described_pdf(photo(exif=exif())))
