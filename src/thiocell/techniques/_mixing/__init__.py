"""What a series of mixtures is, and how it is drawn."""
