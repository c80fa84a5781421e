"""Telling identity what ipr holds of a person."""

from shared.exports import ExportApi


class ExportsApi(ExportApi):
    service = "ipr"
