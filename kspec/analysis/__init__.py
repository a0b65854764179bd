"""Analysis of a spec without TensorFlow: shapes, dtypes, parameters, tasks, defaults."""
