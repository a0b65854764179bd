"""`data: {limits}`: how much data may take; files that are packed can become much larger than they look."""

from pydantic import Field

from kspec.language.base import Model


class Limits(Model):
    """What data may take at most; more is an error, before memory is taken."""

    gigabytes: float = Field(default=8, gt=0, le=1e6, description="Memory that a file may take, in GB")
    ratio: float = Field(
        default=200, gt=0, le=1e6, description="How many times larger than its file unpacked data may be"
    )
    columns: int = Field(default=100_000, gt=0, le=10**7, description="Columns of a table")
    files: int = Field(default=500_000, gt=0, le=10**9, description="Files of a folder, and names that a glob looks at")
    megapixels: float = Field(default=100, gt=0, le=1e4, description="Size of an image, in millions of pixels")

    @property
    def memory(self) -> float:
        """The memory in bytes."""
        return self.gigabytes * 1e9
