"""Authentication: the reviewers' queue of submitted rights, and their decisions."""
