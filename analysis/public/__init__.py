"""The public pages: what a review has published, for readers without an account. See docs/public.md."""
