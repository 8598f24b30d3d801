"""Keeps the engine: its processes, whose turn it is, and what happens when a process fails."""
