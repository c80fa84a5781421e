"""The broker's edges: an idempotent producer under deadlines, consumers with manual commits, lag."""
