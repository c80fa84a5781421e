"""GIF without comments, texts and the data of programs."""

from shared.files.gif import Reader

_IMAGE, _EXTENSION, _TRAILER, _CONTROL = 0x2C, 0x21, 0x3B, 0xF9


def clean_gif(content: bytes) -> bytes:
    reader = Reader(content, 6)
    screen = reader.take(7)
    reader.palette(screen[4])
    out = bytearray(content[: reader.at])
    while True:
        start = reader.at
        introducer = reader.take(1)[0]
        if introducer == _TRAILER:
            return bytes(out) + b"\x3b"
        if introducer == _IMAGE:
            reader.palette(reader.take(9)[8])
            reader.take(1)
            reader.blocks()
            out += content[start : reader.at]
        elif introducer == _EXTENSION:
            label = reader.take(1)[0]
            reader.blocks()
            if label == _CONTROL:
                out += content[start : reader.at]
