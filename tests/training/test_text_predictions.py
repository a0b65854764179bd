"""Predictions of networks that read texts."""

import numpy as np
import tensorflow as tf

import kspec


def test_predictions_of_texts_whose_symbolic_shape_has_another_rank(project, tmp_path):
    """Keras says that a multi-hot TextVectorization of shape (n, 1) gives (n, 1, words); it gives (n, words)."""
    (tmp_path / "texts.csv").write_text("text,y\n" + "good fine,1\nbad poor,0\n" * 10)
    run = kspec.run(
        project(
            "kspec: 1\ndata: {csv: texts.csv, inputs: {text: text}, targets: y}\n"
            "inputs: {text: {shape: [1], dtype: string}}\n"
            "layers:\n  - TextVectorization: {output_mode: multi_hot}\n"
            "  - Dense: {units: 1, activation: sigmoid}\n    name: out\n"
            "fit: {epochs: 1}\n"
        )
    )
    [text] = [layer for layer in run.model.layers if layer.name == "text_vectorization"]
    weights, bias = run.model.get_layer("out").get_weights()
    rows = np.array([["good fine"], ["bad poor"]], dtype=object)
    logits = np.asarray(text(tf.constant(rows))) @ weights + bias
    np.testing.assert_allclose(
        run.predict([{"text": row[0]} for row in rows])["out"], 1 / (1 + np.exp(-logits)), rtol=1e-5
    )
