"""The home of a review: what is known, what is going on, who is in it."""
