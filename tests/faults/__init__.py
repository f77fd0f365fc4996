"""What happens when parts of the production shape fail, on a real PostgreSQL and a real Redis-compatible server."""
