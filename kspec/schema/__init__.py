"""The JSON Schema of the language, and the reference of the catalog's classes."""
