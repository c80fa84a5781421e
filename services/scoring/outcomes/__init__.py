"""What came of each case."""
