"""What each event type looked like when it was last agreed on: one JSON Schema a type and major version, beside this
file. Records are kept for ever, so what was once written must stay readable: `--check` fails where it would not."""
