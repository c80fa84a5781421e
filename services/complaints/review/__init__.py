"""The reviewers' desk: the queue, the first decision, the determination of a dispute."""
