"""The stream processors that complaints runs."""
