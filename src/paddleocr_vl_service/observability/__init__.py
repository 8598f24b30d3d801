"""What one can see of the service from outside: request ids, logs, and later metrics."""
