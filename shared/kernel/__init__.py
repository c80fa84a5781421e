"""Ids, clocks and the decider: pure, standard library only."""
