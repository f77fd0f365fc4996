"""How many runs a second workers compute: `python -m tests.bench.throughput`. Nothing here is a test."""
