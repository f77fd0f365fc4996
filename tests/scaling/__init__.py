"""Tests of work that is split among workers, and of the queues that it waits in."""
