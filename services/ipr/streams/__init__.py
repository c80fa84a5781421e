"""The stream processors that ipr runs."""
