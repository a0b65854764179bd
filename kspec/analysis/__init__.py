"""What is known of a spec without TensorFlow: shapes, dtypes, parameters, tasks, defaults."""
