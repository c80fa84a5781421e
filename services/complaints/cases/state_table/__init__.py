"""The decider asked about every state and every command: the table and the picture of docs/architecture.

`python -m services.complaints.cases.state_table` writes the page, `--check` fails where it is stale.
"""
