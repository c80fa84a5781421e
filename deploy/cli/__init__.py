"""The operator's entry: one command line for the project."""
