"""A small review from the first record to the published snapshot, played in a browser by everybody who works on it."""
