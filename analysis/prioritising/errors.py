"""What can be wrong with what a model is to learn from."""


class TooFewLabels(ValueError):
    """There is nothing to learn from: records of one kind are missing."""

    def __init__(self, *, needed: int, included: int, excluded: int) -> None:
        self.needed, self.included, self.excluded = needed, included, excluded
        super().__init__(
            f"The order needs at least {needed} included and {needed} excluded records to learn from, got {included} "
            f"and {excluded}."
        )
