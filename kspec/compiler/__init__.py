"""The one way from a spec's text to an analysed program."""
