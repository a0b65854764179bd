"""Sends runs to trackers: MLflow, TensorBoard, and those that other packages add."""
