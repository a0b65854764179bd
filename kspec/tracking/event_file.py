"""TensorBoard's event files, written with TensorBoard's own records and protocol buffers, without TensorFlow."""

from __future__ import annotations

import itertools
import os
import socket
import time
from pathlib import Path
from typing import Any

_numbers = itertools.count()


class EventFile:
    """A file of events in a folder; it is created with the first event.

    Args:
        folder: The folder, which TensorBoard shows as a run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer: Any = None

    def scalar(self, tag: str, value: float, step: int, at: float) -> None:
        """Adds a number.

        Args:
            tag: The name of the chart.
            value: The number.
            step: Where on the horizontal axis.
            at: Seconds since 1970.
        """
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
        from tensorboard.compat.proto.tensor_pb2 import TensorProto
        from tensorboard.plugins.scalar.metadata import create_summary_metadata

        metadata: SummaryMetadata = create_summary_metadata("", "")
        tensor = TensorProto(dtype="DT_FLOAT", float_val=[value])
        self.summary(Summary(value=[Summary.Value(tag=tag, tensor=tensor, metadata=metadata)]), step, at)

    def text(self, tag: str, text: str, at: float) -> None:
        """Adds a text in Markdown.

        Args:
            tag: Its name.
            text: The text.
            at: Seconds since 1970.
        """
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.compat.proto.tensor_pb2 import TensorProto
        from tensorboard.plugins.text.metadata import create_summary_metadata

        tensor = TensorProto(dtype="DT_STRING", string_val=[text.encode()])
        value = Summary.Value(tag=tag, tensor=tensor, metadata=create_summary_metadata("", ""))
        self.summary(Summary(value=[value]), 0, at)

    def summary(self, summary: Any, step: int, at: float) -> None:
        """Adds a summary.

        Args:
            summary: A `Summary`.
            step: Where on the horizontal axis.
            at: Seconds since 1970.
        """
        from tensorboard.compat.proto.event_pb2 import Event

        self._write(Event(wall_time=at, step=step, summary=summary))

    def graph(self, graph: Any, at: float) -> None:
        """Adds a graph.

        Args:
            graph: A `GraphDef`.
            at: Seconds since 1970.
        """
        from tensorboard.compat.proto.event_pb2 import Event

        self._write(Event(wall_time=at, graph_def=graph.SerializeToString()))

    def _write(self, event: Any) -> None:
        if self._writer is None:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.summary.writer.record_writer import RecordWriter

            self.folder.mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
            self._writer = RecordWriter((self.folder / name).open("xb"))
            self._writer.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
        self._writer.write(event.SerializeToString())
        self._writer.flush()

    def close(self) -> None:
        """Ends the file; a further event begins another."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
