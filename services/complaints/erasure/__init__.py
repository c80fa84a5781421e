"""Complaints' part in erasing a person: open cases stand in the way; then the texts of all cases go."""
