"""A stranger's plugin: a distribution of its own, installed and used as any other."""
