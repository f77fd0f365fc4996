"""The evidence for programs: the same services, permissions and blinding as the pages, in another dress."""
