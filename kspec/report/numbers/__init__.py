"""The numbers of a report, from predictions and actual values alone."""
