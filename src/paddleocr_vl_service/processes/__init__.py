"""Child processes that may leak, hang or crash without taking anybody with them."""
