"""Networks of one form that train together, many in one program: each step is that of all of them, vectorised."""
