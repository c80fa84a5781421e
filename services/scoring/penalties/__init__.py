"""A merchant's penalty points, and where they put it on its platform's ladder."""
