"""Evidence as files for other programs: what is agreed in a review, never what single readers entered."""
