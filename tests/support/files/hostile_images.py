"""Pictures that must be refused, by what was done to them."""

import functools
import struct
import zlib
from collections.abc import Iterator
from functools import partial

from PIL import Image

from tests.support.files import drawing, payloads, photos
from tests.support.files.case import Case, Make
from tests.support.files.drawing import gif_extension, gif_frame, jpeg_segment, png_chunk, with_segments
from tests.support.files.pdfs import document
from tests.support.files.photos import exif, photo, saved, scene, with_xmp, xmp

PLAIN: dict[str, Make] = {"jpg": photo, "png": drawing.png, "gif": drawing.gif, "bmp": drawing.bmp}


def hostile_images() -> Iterator[Case]:
    yield from _truncated()
    yield from _of("corrupt picture", "document-corrupt", _corrupt())
    yield from _of("pixel flood", "document-too-many-pixels", _floods())
    yield from _of("picture that unpacks to too much", "document-decodes-too-large", _bombs())
    yield from _of("animation", "document-too-many-frames", _animations())
    yield from _of("script behind a picture", "document-holds-script", _scripts_behind())
    yield from _of("script in metadata", "document-holds-script", _scripts_inside())
    yield from _of("script among pixels", "document-holds-script", _scripts_among_pixels())
    yield from _of("file behind a picture", "document-holds-another-file", _files_behind())
    yield from _of("pdf in a picture", "document-holds-another-file", _pdfs_inside())
    yield from _of("trailer that is not what it claims", "document-holds-another-file", _false_trailers())


def _of(family: str, code: str, cases: Iterator[tuple[str, str, Make]]) -> Iterator[Case]:
    for kind, name, make in cases:
        yield Case(family, f"{kind}: {name}", f"picture.{kind}", make, code)


def _truncated() -> Iterator[Case]:
    whole: dict[str, Make] = {
        **PLAIN,
        "progressive.jpg": partial(photo, progressive=True),
        "exif.jpg": lambda: photo(exif=exif(gps=True)),
        "large.png": lambda: saved(scene(), "PNG"),
        "large.gif": lambda: saved(scene(), "GIF"),
    }
    for name, make in whole.items():
        for share in (0.3, 0.5, 0.75, 0.9):
            cut = lambda make=make, share=share: (content := make())[: int(len(content) * share)]  # noqa: E731
            kind = name.rpartition(".")[2]
            yield Case("truncated picture", f"{name} at {share:.0%}", f"a.{kind}", cut, "document-truncated")
        if not name.endswith("bmp"):
            short = lambda make=make: make()[:-1]  # noqa: E731
            yield Case(
                "truncated picture", f"{name} without its last byte", f"a.{name[-3:]}", short, "document-truncated"
            )


def _corrupt() -> Iterator[tuple[str, str, Make]]:
    yield "png", "checksum", lambda: (good := drawing.png())[:45] + bytes([good[45] ^ 1]) + good[46:]
    yield "png", "filter that is none", lambda: drawing.png(8, 8, lines=(b"\x09" + bytes(24)) * 8)
    yield (
        "png",
        "pixels that do not unpack",
        lambda: (
            drawing.PNG_SIGNATURE
            + drawing.png_header(8, 8)
            + png_chunk(b"IDAT", b"\x78\x9cnot packed at all")
            + png_chunk(b"IEND")
        ),
    )
    yield "png", "depth that is none", lambda: drawing.PNG_SIGNATURE + drawing.png_header(8, 8, 3) + png_chunk(b"IEND")
    yield "png", "no width", lambda: drawing.PNG_SIGNATURE + drawing.png_header(0, 8) + png_chunk(b"IEND")
    yield "png", "unknown critical part", lambda: drawing.png(before=[png_chunk(b"EVIL", b"x")])
    yield "png", "no header", lambda: drawing.PNG_SIGNATURE + png_chunk(b"IDAT", b"x") + png_chunk(b"IEND")
    frame = jpeg_segment(0xC0, struct.pack(">BHHB", 8, 16, 16, 1) + b"\x01\x11\x00")
    yield "jpg", "two headers", lambda: with_segments(photo(), frame)
    yield "jpg", "no picture", lambda: b"\xff\xd8" + jpeg_segment(0xE0, b"JFIF\x00" + bytes(9)) + b"\xff\xd9"
    yield "jpg", "something between", lambda: with_segments(photo(), jpeg_segment(0xFE, b"a"), b"between")
    yield "jpg", "a part without length", lambda: with_segments(photo(), b"\xff\xfe\x00\x00")
    yield "jpg", "a picture within", lambda: with_segments(photo(), b"\xff\xd8")
    yield (
        "jpg",
        "no tables",
        lambda: b"\xff\xd8" + frame + jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"x\xff\xd9",
    )
    yield "jpg", "a million comments", lambda: with_segments(photo(), jpeg_segment(0xFE, b"a") * 900_000)
    yield "png", "parts without number", lambda: drawing.png(before=[png_chunk(b"tEXt", b"a\x00b")] * 300_000)
    yield "gif", "codes of no size", lambda: drawing.gif(parts=[gif_frame()[:10] + b"\x0f" + gif_frame()[11:]])
    yield "gif", "something between", lambda: drawing.gif(parts=[b"\x77between", gif_frame()])
    yield "gif", "no picture", lambda: drawing.gif(parts=[gif_extension(0xFE, b"empty")])
    yield "gif", "no size", lambda: drawing.gif(0, 0, parts=[gif_frame()])
    yield "bmp", "header of no form", lambda: (good := drawing.bmp())[:14] + struct.pack("<I", 41) + good[18:]
    yield "bmp", "no planes", lambda: (good := drawing.bmp())[:26] + b"\x00\x00" + good[28:]
    yield "bmp", "depth that is none", lambda: (good := drawing.bmp())[:28] + b"\x07\x00" + good[30:]
    yield "bmp", "a JPEG inside", lambda: drawing.bmp(compression=4, data=photo())
    yield "bmp", "something between", lambda: drawing.bmp(gap=bytes(5000))


def _floods() -> Iterator[tuple[str, str, Make]]:
    for width, height in ((9000, 9000), (30_000, 30_000), (2_000_000_000, 1000), (81_000_000, 1)):
        yield "png", f"{width} × {height}", partial(_png_that_says, width, height)
    for width, height in ((9000, 9000), (65_500, 65_500), (1300, 65_500)):
        yield "jpg", f"{width} × {height}", partial(_jpeg_that_says, width, height)
        yield "gif", f"{width} × {height}", lambda w=width, h=height: drawing.gif(w, h, parts=[gif_frame()])
    yield (
        "gif",
        "frame larger than its screen",
        lambda: drawing.gif(parts=[(small := gif_frame())[:5] + struct.pack("<HH", 60_000, 60_000) + small[9:]]),
    )
    for width, height in ((9000, 9000), (2_000_000_000, -2_000_000_000), (81_000_000, 1)):
        yield "bmp", f"{width} × {height}", partial(_bmp_that_says, width, height)
    yield "bmp", "packed", partial(_bmp_that_says, 60_000, 60_000, 1)
    yield "png", "one colour, whole", lambda: saved(Image.new("1", (10_000, 9000)), "PNG", optimize=True)


def _png_that_says(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    body = png_chunk(b"IDAT", zlib.compress(bytes(5000))) + png_chunk(b"IEND")
    return drawing.PNG_SIGNATURE + drawing.png_header(width, height, depth, colour) + body


def _jpeg_that_says(width: int, height: int) -> bytes:
    good = photo(16, 16)
    at = good.index(b"\xff\xc0") + 5
    return good[:at] + struct.pack(">HH", height, width) + good[at + 4 :]


def _bmp_that_says(width: int, height: int, compression: int = 0) -> bytes:
    good = drawing.bmp(bits=8)
    return good[:18] + struct.pack("<ii", width, height) + good[26:30] + struct.pack("<I", compression) + good[34:]


def _bombs() -> Iterator[tuple[str, str, Make]]:
    yield "png", "16 bits of four colours", lambda: _png_that_says(8900, 8900, 16, 6)
    yield "png", "more lines than it says", lambda: drawing.png(8, 8, lines=bytes(50_000_000))
    yield "png", "packed text", lambda: drawing.png(before=[png_chunk(b"zTXt", b"Comment\x00\x00" + _zeros())])
    yield (
        "png",
        "packed international text",
        lambda: drawing.png(before=[png_chunk(b"iTXt", b"Comment\x00\x01\x00\x00\x00" + _zeros())]),
    )
    yield "png", "colour profile", lambda: drawing.png(before=[png_chunk(b"iCCP", b"icc\x00\x00" + _zeros())])
    yield "jpg", "thousands of passes", _many_scans
    wide = jpeg_segment(
        0xC2, struct.pack(">BHHB", 8, 8900, 8900, 4) + b"".join(bytes((n, 0x11, 0)) for n in (1, 2, 3, 4))
    )
    yield (
        "jpg",
        "progressive, four full colours",
        lambda: b"\xff\xd8" + wide + jpeg_segment(0xDA, bytes(10)) + b"\xff\xd9",
    )
    yield "bmp", "32 bits", partial(_deep_bmp, 8900, 8900)


@functools.cache
def _zeros() -> bytes:
    return zlib.compress(bytes(60_000_000), 9)


def _many_scans() -> bytes:
    good = photo(16, 16, progressive=True)
    start = good.rindex(b"\xff\xda")
    return good[:start] + good[start:-2] * 3000 + good[-2:]


def _deep_bmp(width: int, height: int) -> bytes:
    good = drawing.bmp(bits=32)
    return good[:18] + struct.pack("<ii", width, height) + good[26:]


def _animations() -> Iterator[tuple[str, str, Make]]:
    for number in (2, 10, 500):
        yield "gif", f"{number} pictures", lambda n=number: drawing.gif(parts=[gif_frame()] * n)
    yield (
        "gif",
        "as a program writes it",
        lambda: saved(scene(), "GIF", save_all=True, append_images=[scene().rotate(90), scene().rotate(180)], loop=0),
    )
    yield (
        "png",
        "as a program writes it",
        lambda: saved(scene(), "PNG", save_all=True, append_images=[scene().rotate(90), scene().rotate(180)]),
    )
    yield "png", "says a million", lambda: drawing.png(before=[png_chunk(b"acTL", struct.pack(">II", 1_000_000, 0))])


def _scripts_behind() -> Iterator[tuple[str, str, Make]]:
    for kind, make in PLAIN.items():
        for name, script in payloads.SCRIPTS.items():
            yield kind, name, lambda make=make, script=script: make() + script
        yield kind, "html behind zeros", lambda make=make: make() + bytes(600) + payloads.HTML


def _scripts_inside() -> Iterator[tuple[str, str, Make]]:
    for name, script in payloads.SCRIPTS.items():
        yield "jpg", f"comment, {name}", lambda script=script: photo(comment=script)
    for name in ("script", "php", "svg"):
        script, text = payloads.SCRIPTS[name], payloads.SCRIPTS[name].decode()
        yield "jpg", f"EXIF, {name}", lambda text=text: photo(exif=exif(x010E=text))
        wide = b"UNICODE\x00" + text.encode("utf-16-le")
        yield "jpg", f"EXIF in UTF-16, {name}", lambda wide=wide: photo(exif=exif(e0x9286=wide))
        yield "jpg", f"maker note, {name}", lambda script=script: photo(exif=exif(e0x927C=bytes(99) + script))
        yield (
            "jpg",
            f"XMP, {name}",
            lambda script=script: with_xmp(photo(), xmp("").replace(b"</rdf:li>", script + b"</rdf:li>")),
        )
        entities = text.replace("<", "&lt;").replace(">", "&gt;")
        yield "jpg", f"XMP with entities, {name}", lambda entities=entities: with_xmp(photo(), xmp(entities))
        yield "png", f"text, {name}", lambda s=script: drawing.png(before=[png_chunk(b"tEXt", b"Comment\x00" + s)])
        packed = b"Comment\x00\x00" + zlib.compress(script)
        yield "png", f"packed text, {name}", lambda packed=packed: drawing.png(before=[png_chunk(b"zTXt", packed)])
        wide = b"Comment\x00\x01\x00\x00\x00" + zlib.compress(script)
        yield "png", f"international text, {name}", lambda wide=wide: drawing.png(before=[png_chunk(b"iTXt", wide)])
        yield "png", f"EXIF, {name}", lambda text=text: drawing.png(before=[png_chunk(b"eXIf", exif(x010E=text)[6:])])
        yield "gif", f"comment, {name}", lambda s=script: drawing.gif(parts=[gif_extension(0xFE, s), gif_frame()])
        block = b"\x21\xff\x0bXYZCORP1.00" + drawing.sub_blocks(script)
        yield "gif", f"application block, {name}", lambda block=block: drawing.gif(parts=[block, gif_frame()])
    yield "jpg", "IPTC", lambda: with_segments(photo(), jpeg_segment(0xED, b"Photoshop 3.0\x008BIM" + payloads.SCRIPT))
    yield (
        "jpg",
        "first application data as a script",
        lambda: with_segments(
            photo(), b"\xff\xe0\x2f\x2a" + b"JFIF\x00" + bytes(7) + payloads.JAVASCRIPT.ljust(0x2F2A - 14, b"\x00")
        ),
    )
    yield "png", "private part", lambda: drawing.png(after=[png_chunk(b"prVt", payloads.PHP)])
    profile = b"icc\x00\x00" + zlib.compress(bytes(128) + payloads.SCRIPT)
    yield "png", "colour profile", lambda: drawing.png(before=[png_chunk(b"iCCP", profile)])
    yield "bmp", "between header and pixels", lambda: drawing.bmp(gap=payloads.PHP)


def _scripts_among_pixels() -> Iterator[tuple[str, str, Make]]:
    palette = payloads.PHP_SHORT.ljust(48, b"\x00")
    yield "png", "palette", lambda: drawing.png(depth=4, colour=3, before=[png_chunk(b"PLTE", palette)])
    line = b"\x00" + payloads.PHP.ljust(48, b" ")
    yield (
        "png",
        "pixels that are not packed",
        lambda: (
            drawing.PNG_SIGNATURE
            + drawing.png_header(16, 1)
            + png_chunk(b"IDAT", zlib.compress(line, 0))
            + png_chunk(b"IEND")
        ),
    )
    yield "bmp", "pixels", lambda: drawing.bmp(20, 1, data=payloads.SCRIPT[:60].ljust(60, b" "))
    yield "gif", "palette", lambda: drawing.gif(parts=[_coloured(payloads.PHP.ljust(48, b"\x00"))])
    yield "jpg", "tables", lambda: with_segments(photo(), jpeg_segment(0xDB, b"\x0f" + payloads.PHP.ljust(64, b"\x01")))


def _coloured(palette: bytes) -> bytes:
    plain = gif_frame()
    return plain[:9] + b"\x83" + palette + plain[10:]


def _files_behind() -> Iterator[tuple[str, str, Make]]:
    for number, (name, other) in enumerate(payloads.BINARIES.items()):
        kinds = list(PLAIN) if name == "zip" else [list(PLAIN)[number % 4], list(PLAIN)[(number + 1) % 4]]
        for kind in kinds:
            yield kind, name, lambda kind=kind, other=other: PLAIN[kind]() + other
    yield "jpg", "png", lambda: photo() + drawing.png()
    yield "png", "jpg", lambda: drawing.png() + photo()
    yield "bmp", "gif", lambda: drawing.bmp() + drawing.gif()
    yield "gif", "tiff", lambda: drawing.gif() + b"II*\x00" + bytes(200)
    yield "jpg", "film that nothing announces", lambda: photo() + photos.film()
    yield "png", "film", lambda: drawing.png() + photos.film()
    yield "jpg", "much of something", lambda: photo() + bytes((at * 97 + at // 251) % 255 + 1 for at in range(70_000))
    yield "png", "zip behind zeros", lambda: drawing.png() + bytes(2000) + payloads.archive()


def _pdfs_inside() -> Iterator[tuple[str, str, Make]]:
    for kind, make in PLAIN.items():
        yield kind, "behind", lambda make=make: make() + document()
    yield "jpg", "comment", lambda: with_segments(photo(), jpeg_segment(0xFE, document()))
    yield "gif", "comment", lambda: drawing.gif(parts=[gif_extension(0xFE, document()[:200]), gif_frame()])
    yield "png", "private part", lambda: drawing.png(before=[png_chunk(b"prVt", document())])


def _false_trailers() -> Iterator[tuple[str, str, Make]]:
    yield "jpg", "motion photo with an archive", lambda: photos.motion_photo(photo(), payloads.archive())
    yield "jpg", "motion photo with a program", lambda: photos.motion_photo(photo(), payloads.PROGRAM)
    yield "jpg", "film with an archive in it", lambda: photos.motion_photo(photo(), photos.film() + payloads.archive())
    inside = struct.pack(">I", len(payloads.archive()) + 8) + b"mdat" + payloads.archive()
    yield "jpg", "film whose data are an archive", lambda: photos.motion_photo(photo(), photos.film() + inside)
    yield (
        "jpg",
        "further picture with an archive",
        lambda: photos.multi_picture(photo(), photo(32, 32) + payloads.archive()),
    )
    yield "jpg", "further picture that is a program", lambda: photos.multi_picture(photo(), payloads.PROGRAM)
    deep = struct.pack(">I4s", len(payloads.archive()) + 8 + 200_000, b"mdat") + payloads.archive() + bytes(200_000)
    yield "jpg", "film with an archive deep inside", lambda: photos.motion_photo(photo(), photos.film() + deep)
    yield "jpg", "samsung block with an archive", lambda: photos.samsung(photo(), (0x0A01, b"x", payloads.archive()))
    yield (
        "jpg",
        "samsung directory that lies",
        lambda: photo() + payloads.ELF + b"SEFH" + bytes(8) + b"\x0c\x00\x00\x00SEFT",
    )
