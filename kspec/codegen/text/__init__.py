"""Python text: literals, line breaking, the module's layout."""
