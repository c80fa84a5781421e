"""What the processors of scoring conclude: outcomes, Good Faith, penalty points."""
