"""The desk: a person comes with a table and leaves with a pooled result. No database, no Django.

From the file to the answer: `table` reads it, `cells` takes numbers out of it, `measuring` makes effects, `fitting`
and `sensitivity` ask the engine, and `report`, `forest` and `figure` show what it said. `main` is the door.
"""
