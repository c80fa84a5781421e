"""Telling identity what scoring holds of a person."""

from shared.exports import ExportApi


class ExportsApi(ExportApi):
    service = "scoring"
