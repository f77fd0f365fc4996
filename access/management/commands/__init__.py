"""Commands for administrators of the site."""
