"""Points of a sweep, compiled before any of them runs."""
