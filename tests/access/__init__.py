"""Who comes in, tried through the pages themselves."""
