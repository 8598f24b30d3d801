"""The business logic between the edges (HTTP, command line) and the engines."""
