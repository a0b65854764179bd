"""Reports: what a run has found, or what distinguishes several, as a page that opens anywhere."""
