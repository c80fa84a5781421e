"""What is told of a case, to whom: the case and its records, and lists of cases."""
