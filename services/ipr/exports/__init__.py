"""What ipr holds of a person: rights with registrant and brand, every document as uploaded, and their histories."""
