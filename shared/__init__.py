"""What every service stands on: kernel, contracts, event store, reactions, streams and the edges."""
