"""The engine and other programs side by side: `python -m tests.bench`. Nothing here is a test; no time is asserted."""
