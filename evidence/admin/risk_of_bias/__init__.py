"""The pages of risk of bias: an assessment of its own page, and the settling of two of them."""
