"""What leaves Quorum: tables of results."""
