"""Policies are data: calendars, windows, thresholds, ladders and limits, each with its version.

What is imported from here is pure: frozen values and functions over them. Reading the data files is
the business of `shared.policies.loading` and `shared.policies.calendars.loading`, called by wiring.
"""
