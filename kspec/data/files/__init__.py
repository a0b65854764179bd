"""Columns of files: images, sounds, texts, and patterns that name them."""
