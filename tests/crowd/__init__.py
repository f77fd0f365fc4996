"""Many reviewers at the same review at once, through HTTP, on a real PostgreSQL and the production web server."""
