"""What several semantic rules share: outputs, activations, targets, logged names, and edits."""
