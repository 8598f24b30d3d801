"""What writing looks like, apart from where it stands: kinds of text, and joining lines of it."""
