"""Independent extraction by two people, their comparison, and the consensus."""
