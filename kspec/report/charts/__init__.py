"""The charts of a report, each made of numbers alone."""
