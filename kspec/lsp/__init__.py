"""The language server: what an editor shows of a spec during editing.

`server.py` implements the protocol; each feature has a file, with a function from a document and a position to what the
editor shows. All of it comes from the checker, so an editor and `kspec check` always agree.
"""
