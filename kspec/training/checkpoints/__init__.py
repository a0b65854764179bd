"""Checkpoints: all that training needs to go on as if it had never stopped."""
