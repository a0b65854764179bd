"""Facts and doubts about the columns of a table."""
