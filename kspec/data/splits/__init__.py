"""The ways to split rows, besides by chance: in the order of time or rows, by group, by a key."""
