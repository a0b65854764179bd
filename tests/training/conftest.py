"""Fixtures of all tests in this room."""

from tests.support.pictures import no_pictures  # noqa: F401
