"""The stream processors that identity runs."""
