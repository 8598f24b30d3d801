"""The domain, the HTTP schemas and the errors."""
