"""Delivery: from a planned notice to a letter in the words of its reader, and into the mail."""
