"""The sections of a report on one run. Each file has one function, which returns None where it has nothing to say."""
