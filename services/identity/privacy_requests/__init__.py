"""Requests of persons about their own data: correction, objection, restriction (000 V, VII)."""
