"""What of this service's personal data went to whom: its log, given to identity for the person concerned."""
