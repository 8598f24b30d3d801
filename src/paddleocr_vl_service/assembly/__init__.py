"""Pages to a document, whatever engine read them."""
