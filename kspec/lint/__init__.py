"""Rules over an analysed spec, and which of their diagnostics a user has suppressed."""
