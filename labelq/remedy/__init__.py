"""Acts: the re-labeling queue and the guideline draft, each with its reason."""
