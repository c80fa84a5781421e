"""The events that travel on topics: one folder an owner, one module a topic. Identifiers only, no personal data."""
