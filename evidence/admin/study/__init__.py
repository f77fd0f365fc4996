"""The page of a study: reports, arms, results, characteristics, harms and risk of bias together."""
