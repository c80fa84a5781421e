"""Incidents with personal data: what happened, who is affected, and that each of them was told (000 IV)."""
