"""How the platform is run: the local stack, topics, the command line, the marketplace simulator."""
