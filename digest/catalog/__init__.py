"""What can be written about: tools, comparisons, and how they come in."""
