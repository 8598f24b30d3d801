"""From bytes to page images: what a file really is, its limits, its pages."""
