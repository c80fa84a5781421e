"""Pictures that people send and that must be taken: from phones, cameras, scanners and programs."""

import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

from tests.support.files import drawing, photos
from tests.support.files.case import Case, Make
from tests.support.files.drawing import jpeg_segment, png_chunk, with_segments
from tests.support.files.photos import exif, photo, saved, scene, xmp

PHONES = (
    ("Apple", "iPhone 15 Pro", 6),
    ("Apple", "iPhone 8", 1),
    ("samsung", "SM-S928B", 6),
    ("HUAWEI", "VOG-L29", 1),
    ("Xiaomi", "23127PN0CC", 8),
    ("Google", "Pixel 8", 3),
    ("vivo", "V2309A", 6),
    ("OPPO", "PHZ110", 1),
)
CAMERAS = (("Canon", "EOS R6"), ("NIKON CORPORATION", "Z 6"), ("SONY", "ILCE-7M4"), ("FUJIFILM", "X-T5"))


def benign_images() -> Iterator[Case]:
    for kind, cases in (("jpg", _jpegs()), ("png", _pngs()), ("gif", _gifs()), ("bmp", _bmps())):
        for name, make in cases:
            for limit in ("identity", "rights"):
                if limit == "rights" or name.startswith(("phone", "plain", "mode")):
                    yield Case(f"benign-{kind}-{limit}", name, f"picture.{kind}", make, limit=limit)
    yield Case("benign-names", "capital ending", "SCAN0001.JPG", photo)
    yield Case("benign-names", "jpeg", "scan.jpeg", photo)
    yield Case("benign-names", "chinese", "商标注册证.png", drawing.png)
    yield Case("benign-names", "many dots", "v1.2.final.gif", drawing.gif)


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _jpegs() -> Iterator[tuple[str, Make]]:
    for make, model, turned in PHONES:
        for gps in (True, False):
            data = partial(exif, make, model, gps=gps, turned=turned)
            yield f"phone {model} {'with' if gps else 'without'} gps", lambda data=data: photo(exif=data())
    for make, model in CAMERAS:
        note = bytes((at * 77) % 256 for at in range(3000))
        yield f"camera {model}", lambda a=make, b=model, n=note: photo(exif=exif(a, b, e0x927C=n), dpi=(300, 300))
    options: dict[str, dict[str, Any]] = {
        "plain": {},
        "low quality": {"quality": 5},
        "high quality": {"quality": 100, "subsampling": 0},
        "4-2-2": {"subsampling": 1},
        "4-2-0": {"subsampling": 2},
        "progressive": {"progressive": True},
        "progressive optimized": {"progressive": True, "optimize": True, "quality": 95},
        "restart markers": {"restart_marker_blocks": 4},
        "restart rows": {"restart_marker_rows": 1},
        "scan 600 dpi": {"dpi": (600, 600)},
        "comment": {"comment": b"Created with GIMP"},
        "comment of words": {"comment": "型号 < 5 kg & > 2 kg; function of the mark: see page 3".encode()},
        "rgb kept": {"keep_rgb": True},
    }
    for name, more in options.items():
        yield name, partial(photo, **more)
    yield "colour profile", lambda: photo(icc_profile=_profile())
    yield "mode grey", lambda: saved(scene().convert("L"), "JPEG")
    yield "mode cmyk", lambda: saved(scene().convert("CMYK"), "JPEG", quality=90)
    yield "mode cmyk progressive", lambda: saved(scene().convert("CMYK"), "JPEG", progressive=True)
    yield "one pixel", lambda: photo(1, 1)
    yield "a line", lambda: photo(3000, 2)
    yield "12 megapixels", lambda: photo(4000, 3000, quality=30)
    yield "12 megapixels progressive", lambda: photo(4000, 3000, quality=30, progressive=True)
    yield from _jpegs_with_segments()
    yield from _jpegs_with_trailers()


def _jpegs_with_segments() -> Iterator[tuple[str, Make]]:
    yield "xmp", lambda: photos.with_xmp(photo(), xmp("Front of the shop, 商店正面"))
    yield "xmp with entities", lambda: photos.with_xmp(photo(), xmp("5 &lt; 6 &amp; &quot;ACME&quot; &lt;tm&gt;"))
    yield (
        "xmp of an editor",
        lambda: photos.with_xmp(photo(), xmp("x", 'crs:Version="15.0" crs:ToneCurveName="Linear"')),
    )
    extended = b"http://ns.adobe.com/xmp/extension/\x00" + b"0" * 32 + struct.pack(">II", 9000, 0)
    yield (
        "extended xmp",
        lambda: with_segments(photo(), jpeg_segment(0xE1, extended + b'<x GDepth:Data="QUJD"/>' * 300)),
    )
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0f\x1c\x02\x78\x00\x0aA caption \x00"
    yield "iptc", lambda: with_segments(photo(), jpeg_segment(0xED, iptc))
    yield "flashpix", lambda: with_segments(photo(), jpeg_segment(0xE2, b"FPXR\x00\x00" + bytes(40)))
    yield "fill bytes", lambda: with_segments(photo(), b"\xff\xff\xff" + jpeg_segment(0xFE, b"filled"))
    yield "user comment", lambda: photo(exif=exif(e0x9286=b"UNICODE\x00" + "Ladenfront".encode("utf-16-le")))
    yield "thumbnail", lambda: with_segments(photo(), jpeg_segment(0xE0, b"JFXX\x00\x10" + photo(32, 24)))
    big = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x0f\x00\x02\x00\x00\x00\x04ACME\x00\x00\x00\x00"
    yield "big-endian exif", lambda: with_segments(photo(), jpeg_segment(0xE1, big))
    yield "broken exif", lambda: with_segments(photo(), jpeg_segment(0xE1, b"Exif\x00\x00II*\x00\xff\xff\xff\x7f"))


def _jpegs_with_trailers() -> Iterator[tuple[str, Make]]:
    noise = bytes(128 + (at * 53) % 128 for at in range(2000))
    for name, tail in {
        "zeros behind": bytes(512),
        "ones behind": b"\xff" * 100,
        "line end behind": b"\r\n",
        "camera block behind": b"QDIOBS\x00\x02" + noise,
        "phone text behind": b'vivo{"cameraSource":"0","filterName":"none","lens":1}\x00\x00\x00\x35camera.album',
    }.items():
        yield f"trailer: {name}", lambda tail=tail: photo() + tail
    small = partial(photo, 80, 60)
    yield "trailer: preview of a camera", lambda: photos.multi_picture(photo(exif=exif("SONY", "ILCE-7M4")), small())
    yield "trailer: preview, little-endian", lambda: photos.multi_picture(photo(), small(), "<")
    yield "trailer: gain map", lambda: photos.multi_picture(photo(), saved(scene(80, 60).convert("L"), "JPEG"))
    yield "trailer: motion photo", lambda: photos.motion_photo(photo(), photos.film())
    micro = 'GCamera:MicroVideo="1" GCamera:MicroVideoOffset="3096"'
    yield "trailer: micro video", lambda: photos.motion_photo(photo(), photos.film(), micro)
    yield (
        "trailer: gain map and film",
        lambda: (
            photos.multi_picture(photos.with_xmp(photo(), xmp("", 'GCamera:MotionPhoto="1"')), small()) + photos.film()
        ),
    )
    yield "trailer: samsung", lambda: photos.samsung(photo(), (0x0A01, b"Image_UTC_Data", b"1772416800000"))
    yield (
        "trailer: samsung with film",
        lambda: photos.samsung(
            photo(), (0x0A01, b"Image_UTC_Data", b"1772416800000"), (0x0A30, b"MotionPhoto_Data", photos.film())
        ),
    )


def _pngs() -> Iterator[tuple[str, Make]]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"mode {mode}", lambda mode=mode: saved(_in_mode(mode), "PNG")
    for name, more in {
        "optimized": {"optimize": True},
        "stored": {"compress_level": 0},
        "dpi": {"dpi": (300, 300)},
    }.items():
        yield name, lambda more=more: saved(scene(), "PNG", **more)
    yield "palette with a transparent colour", lambda: saved(_in_mode("P"), "PNG", transparency=0)
    yield "colour profile", lambda: saved(scene(), "PNG", icc_profile=_profile())
    yield "exif with gps", lambda: saved(scene(), "PNG", exif=exif(gps=True))
    yield "texts", lambda: saved(scene(), "PNG", pnginfo=_texts())
    yield "screenshot", lambda: saved(scene(1920, 1080), "PNG")
    for depth, colours in {1: (0, 3), 2: (0, 3), 4: (0, 3), 8: (0, 2, 3, 4, 6), 16: (0, 2, 4, 6)}.items():
        for colour in colours:
            yield f"by hand {depth} bit, type {colour}", partial(_by_hand, depth, colour)
            yield f"interlaced {depth} bit, type {colour}", partial(_interlaced, depth, colour)
    yield "many parts", lambda: drawing.png(64, 64, parts=50)
    yield "an empty part", lambda: drawing.png(after=[png_chunk(b"IDAT")])
    known = {
        b"gAMA": struct.pack(">I", 45455),
        b"sRGB": b"\x00",
        b"pHYs": struct.pack(">IIB", 11811, 11811, 1),
        b"tIME": struct.pack(">HBBBBB", 2026, 3, 2, 10, 0, 0),
        b"vpAg": struct.pack(">IIB", 16, 12, 0),
        b"orNT": b"\x01",
        b"caNv": bytes(16),
    }
    for part, data in known.items():
        yield f"chunk {part.decode()}", lambda part=part, data=data: drawing.png(before=[png_chunk(part, data)])
    still = [
        png_chunk(b"acTL", struct.pack(">II", 1, 0)),
        png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 16, 12, 0, 0, 1, 1, 0, 0)),
    ]
    yield "animation of one picture", lambda: drawing.png(before=still)
    yield (
        "xmp",
        lambda: drawing.png(before=[png_chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp("Scan"))]),
    )
    yield "zeros behind", lambda: drawing.png() + bytes(64)


def _in_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return scene().convert("L").convert("I;16")
    return scene().convert(mode)


def _texts() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Adobe ImageReady")
    info.add_text("Description", "A long description of the goods. " * 200, zip=True)
    info.add_itxt("Title", "商标注册证", "zh", "标题", zip=True)
    return info


def _palette(depth: int, colour: int) -> list[bytes]:
    return (
        [png_chunk(b"PLTE", bytes(range(3 * (1 << depth)) if depth < 7 else [at % 256 for at in range(768)]))]
        if colour == 3
        else []
    )


def _by_hand(depth: int, colour: int) -> bytes:
    return drawing.png(depth=depth, colour=colour, before=_palette(depth, colour))


def _interlaced(depth: int, colour: int, width: int = 21, height: int = 13) -> bytes:
    """Adam7: seven small pictures one after the other, each with lines of its own."""
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    passes = ((8, 8, 0, 0), (8, 8, 4, 0), (4, 8, 0, 4), (4, 4, 2, 0), (2, 4, 0, 2), (2, 2, 1, 0), (1, 2, 0, 1))
    sizes = [(len(range(x, width, dx)), len(range(y, height, dy))) for dx, dy, x, y in passes]
    lines = b"".join(drawing.png_lines(w, h, bits, seed=n) for n, (w, h) in enumerate(sizes) if w and h)
    body = [*_palette(depth, colour), png_chunk(b"IDAT", zlib.compress(lines)), png_chunk(b"IEND")]
    return drawing.PNG_SIGNATURE + drawing.png_header(width, height, depth, colour, 1) + b"".join(body)


def _gifs() -> Iterator[tuple[str, Make]]:
    yield "plain", lambda: saved(scene(), "GIF")
    yield "mode grey", lambda: saved(scene().convert("L"), "GIF")
    yield "mode 1", lambda: saved(scene().convert("1"), "GIF")
    yield "not interlaced", lambda: saved(scene(), "GIF", interlace=0)
    yield "transparent", lambda: saved(scene().convert("P"), "GIF", transparency=3)
    yield "comment", lambda: saved(scene(), "GIF", comment=b"Made with GIMP")
    yield "87a", lambda: drawing.gif(version=b"87a")
    loop = b"\x21\xff\x0bICCRGBG1012" + drawing.sub_blocks(bytes(400))
    yield (
        "one picture that loops",
        lambda: drawing.gif(parts=[b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00", drawing.gif_frame()]),
    )
    yield "application block", lambda: drawing.gif(parts=[loop, drawing.gif_frame()])
    yield "line end behind", lambda: drawing.gif() + b"\r\n"
    yield "zeros behind", lambda: saved(scene(), "GIF") + bytes(100)


def _bmps() -> Iterator[tuple[str, Make]]:
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"mode {mode}", lambda mode=mode: saved(scene().convert(mode), "BMP")
    for bits in (1, 4, 8, 16, 24, 32):
        yield f"by hand {bits} bit", partial(drawing.bmp, bits=bits)
    yield "top down", lambda: drawing.bmp(height=-4)
    yield "packed", lambda: drawing.bmp(4, 2, bits=8, compression=1, data=b"\x04\x07\x00\x00\x04\x09\x00\x00\x00\x01")
    yield "no size told", lambda: (whole := drawing.bmp())[:2] + bytes(4) + whole[6:]
    yield "os/2", lambda: b"BM" + struct.pack("<IHHIIHHHH", 26 + 32, 0, 0, 26, 12, 2, 4, 1, 24) + bytes(range(32))
    yield "two bytes behind", lambda: drawing.bmp() + b"\x00\x00"
