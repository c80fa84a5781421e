"""Handing out a stranger's file: to be saved, never shown in place, and by no other site."""

from collections.abc import Mapping


def headers_of_file(name: str) -> Mapping[str, str]:
    """`name`: ours, of plain characters."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
