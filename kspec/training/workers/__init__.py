"""One model trained by several processes: each takes a part of every batch, and all take the same step."""
