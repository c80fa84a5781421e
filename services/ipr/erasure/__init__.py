"""ipr's part in erasing a person: rights are withdrawn; names, brands and documents go."""
