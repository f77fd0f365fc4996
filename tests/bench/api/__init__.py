"""The interface for programs under requests that a generator makes up, and under load; no test of pytest is here."""
