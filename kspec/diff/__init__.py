"""What differs between two specs."""
