"""Telling identity what complaints holds of a person."""

from shared.exports import ExportApi


class ExportsApi(ExportApi):
    service = "complaints"
