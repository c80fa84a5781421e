"""Scoring: what follows from many cases.

Outcomes of cases for analysts and for its own two uses: the Good Faith Program of rights holders, and the penalty
points of merchants. Reads what others publish, decides nothing about a case.
"""
