"""A model that takes the columns of rows, or inputs with gaps, and predicts what `kspec predict` predicts.

One description says what a row has and what a prediction means; one Keras model translates it, and each format writes
that model.
"""
