"""Notifications' part in erasing a person: whoever was given their contact is told to erase it (000 V.3)."""
