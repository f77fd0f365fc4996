"""The explained difference between two snapshots."""
