"""What several rules of meaning look at: outputs, activations, targets, logged names; and the edits that cure."""
