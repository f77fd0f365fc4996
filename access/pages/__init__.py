"""The pages of the doors: signing in, the second step, one's own account, and joining by an invitation."""
