"""Living reviews as a whole: a real database through two of its releases, and work that is as large as the change."""
