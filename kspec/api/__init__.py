"""The public functions; `import kspec` offers them."""
