"""Measures that figures share, in pixels, and their colours."""

WIDTH = 960.0
MARGIN = 12.0
FONT = 13.0
SMALL = 12.0
ROW = 24.0
TOP = 34.0
LABEL_WIDTH = 276.0
PLOT_LEFT, PLOT_RIGHT = 305.0, 670.0
TEXT_RIGHT = WIDTH - MARGIN

# Text takes the colour of the page. The accents keep a contrast of at least 3:1 on white and on near-black.
INK = "currentColor"
ACCENT = "#3b7fc4"
SUMMARY = "#c8641e"
