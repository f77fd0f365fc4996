"""The tests of the stranger's distribution belong to it; they are run where it is, in a process of their own."""

collect_ignore = ["quorum_median"]
