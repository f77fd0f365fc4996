"""The first-run script: makes the environment, then runs what the Makefile asks for. Needs nothing installed."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
