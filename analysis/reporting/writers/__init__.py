"""One writer for each format; each takes a document and knows nothing of the database."""
