"""What a container needs to serve a run: the run itself, kspec as a wheel, pinned requirements, a Dockerfile."""
