"""What the headers of a spec's data tell, without reading the data: for `kspec check` and editors."""
