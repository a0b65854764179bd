"""What editors and readers are told of the language: the JSON Schema, the catalog's reference."""
