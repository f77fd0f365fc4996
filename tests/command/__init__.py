"""The command for a person with a table, asked through its door."""
