"""What marketplaces say to us."""
