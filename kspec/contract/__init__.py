"""The contract of a run: what new rows must have, and what training has seen of them."""
