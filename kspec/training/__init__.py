"""Training: compile, the engine, fit with its stages, evaluate, predict."""
