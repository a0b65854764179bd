"""One execution of a spec, the folder it leaves, and the index of such folders."""
