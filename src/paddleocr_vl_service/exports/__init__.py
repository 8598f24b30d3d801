"""One module a format, from `ParsedDocument`."""
