"""What a study found, as a page, as figures and as a table in the terminal."""
