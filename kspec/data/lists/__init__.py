"""Lists of unequal length."""
