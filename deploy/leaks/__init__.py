"""Looks for personal values where none may be: on topics, in logs and metrics, in plain fields of stores.

By value: what people typed in or were sent, in every way in which it may be written. By shape: what looks like an
e-mail address, a phone or an identity number, whoever's it is.
"""

from deploy.leaks.forms import forms
from deploy.leaks.places import metrics, records
from deploy.leaks.scanner import Leak, LeakScanner, Look
from deploy.leaks.shapes import Shape, shapes

__all__ = ["Leak", "LeakScanner", "Look", "Shape", "forms", "metrics", "records", "shapes"]
