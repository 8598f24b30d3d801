"""HTTP endpoints; thin."""
