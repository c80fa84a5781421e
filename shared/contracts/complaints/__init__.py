"""Events of submissions, cases and listing measures; takedown commands."""
