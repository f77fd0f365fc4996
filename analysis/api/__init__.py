"""Analyses and what they gave, for programs: the same services, permissions and blinding as the pages."""
