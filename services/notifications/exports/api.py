"""Telling identity what notifications holds of a person."""

from shared.exports import ExportApi


class ExportsApi(ExportApi):
    service = "notifications"
