"""Arrays in files: tables larger than memory, and data that is kept for the next run."""
