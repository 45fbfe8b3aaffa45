"""Side-by-side figures, printed as ratios against a reference measured in the same run."""
