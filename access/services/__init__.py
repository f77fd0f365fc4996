"""What can be asked of the doors. Every write goes through here."""
