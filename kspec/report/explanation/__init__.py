"""Why a model predicts what it does: which columns matter, how predictions follow them, where the errors are."""
