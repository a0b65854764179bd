"""The language server: what an editor shows of a spec while it is typed.

`server.py` speaks the protocol; every feature is a file of its own, a function from a document and a place in it to
what the editor shows. All of it comes from the checker, so an editor and `kspec check` never say two things.
"""
