"""Who comes in: signing in, lock-outs, the second step, invitations, sessions, and the headers of every answer."""
