"""Tests of the claims of manuscripts."""
