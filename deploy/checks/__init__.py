"""Checks of the code base that `make check` runs beside the ready-made ones."""
