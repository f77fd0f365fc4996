"""Where things are on a forest plot, in pixels, and its colours."""

from dataclasses import dataclass

WIDTH = 960.0
MARGIN = 12.0
FONT = 13.0
SMALL = 12.0
ROW = 24.0
TOP = 34.0
LABEL_WIDTH = 276.0
PLOT_LEFT, PLOT_RIGHT = 305.0, 670.0
WEIGHT_RIGHT = 742.0
TEXT_RIGHT = WIDTH - MARGIN

# Text takes the colour of the page. The accents keep a contrast of at least 3:1 on white and on near-black.
INK = "currentColor"
ACCENT = "#3b7fc4"
SUMMARY = "#c8641e"


@dataclass(frozen=True, slots=True)
class Layout:
    """The vertical positions of a plot with so many rows."""

    rows: int
    has_summary: bool
    has_prediction: bool

    @property
    def headings(self) -> float:
        """Baseline of the column headings."""
        return TOP + 16.0

    def row(self, index: int) -> float:
        """Give the middle of a row."""
        return self.headings + 8.0 + ROW * (index + 0.75)

    @property
    def summary(self) -> float:
        """Middle of the diamond."""
        return self.row(self.rows) + ROW * 0.15

    @property
    def prediction(self) -> float:
        """Middle of the bar of the prediction interval."""
        return (self.summary + ROW) if self.has_summary else self.row(self.rows)

    @property
    def axis(self) -> float:
        """Height of the axis line."""
        last = self.row(self.rows - 1)
        if self.has_prediction:
            last = self.prediction
        elif self.has_summary:
            last = self.summary
        return last + ROW * 0.75

    @property
    def sides(self) -> float:
        """Baseline of the words that say whom each side favours."""
        return self.axis + 57.0

    @property
    def height(self) -> float:
        """Height of the whole figure."""
        return self.sides + MARGIN
