"""Benchmarks: ratios taken in one run on one machine, never a single absolute time. `make bench` runs them all."""
