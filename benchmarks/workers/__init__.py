"""Programs that read page images, each in a process of its own."""
