"""Who is in the Good Faith Program, and why."""
