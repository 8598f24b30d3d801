"""What stands between the service and those who would misuse it."""
