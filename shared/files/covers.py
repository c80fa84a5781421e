"""Rectangles painted over what is nobody else's business on a page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cover:
    """Shares of the drawn page's width and height, between 0 and 1, from its left upper corner as it is read (upright,
    turned as the file says)."""

    x: float
    y: float
    width: float
    height: float
