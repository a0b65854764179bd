"""KS402 to KS406, KS408: an output's activation, its units, its loss and the task."""

import pytest

from tests.lint.rules.helpers import codes, cured, look, spec

CCE, SCE, BCE = "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy"


def dense(units, activation=None, loss=None, task=None):
    more = f"compile: {{loss: {loss}}}\n" if loss else ""
    more += f"task: {task}\n" if task else ""
    last = f"Dense: {{units: {units}, activation: {activation}}}" if activation else f"Dense: {{units: {units}}}"
    return spec(f"Dense: {{units: 8, activation: relu}}\n{last}\n    name: y", more)


class TestSoftmaxOnOneUnit:
    @pytest.mark.parametrize("loss", [None, BCE, CCE, SCE, "mse"])
    def test_is_found(self, loss):
        assert codes(look(dense(1, "softmax", loss))) == ["KS402"]

    @pytest.mark.parametrize("loss", [BCE, SCE])
    def test_is_cured(self, loss):
        after = cured("KS402", dense(1, "softmax", loss))
        assert "activation: sigmoid" in after
        assert BCE in after

    def test_in_the_middle(self):
        text = "Dense: {units: 1, activation: softmax}\n    name: weights\nMultiply:\n    from: [x, weights]\nDense: {units: 1}"
        found = look(spec(text, inputs="{x: {shape: [6, 4]}}"))
        assert codes(found) == ["KS402"]
        assert "axis: 1" in found[0].help

    @pytest.mark.parametrize(
        "last", ["Activation: {activation: softmax}", "Softmax", "Softmax: {axis: -1}", "op: softmax"]
    )
    def test_as_a_node(self, last):
        assert codes(look(spec(f"Dense: {{units: 1}}\n{last}"))) == (
            ["KS402"] if "op" not in last else ["KS402", "KS410"]
        )

    @pytest.mark.parametrize("last", ["Softmax: {axis: 1}", "Softmax: {axis: -2}"])
    def test_over_positions_is_meant(self, last):
        text = f"Dense: {{units: 1}}\n{last}\n    name: w\nMultiply:\n    from: [x, w]\nGlobalAveragePooling1D\nDense: {{units: 1}}"
        assert look(spec(text, inputs="{x: {shape: [6, 4]}}")) == []

    def test_two_units_are_none_of_it(self):
        assert look(dense(2, "softmax", SCE)) == []

    def test_no_edit_of_a_variable(self):
        found = look(dense(1, "$last", BCE) + "vars: {last: softmax}\n")
        assert codes(found) == ["KS402"]
        assert not found[0].edits


class TestActivationAndCrossentropy:
    def test_one_sigmoid_and_classes(self):
        found = look(dense(1, "sigmoid", CCE))
        assert codes(found) == ["KS403"]
        assert found[0].is_error
        assert BCE in cured("KS403", dense(1, "sigmoid", CCE))

    @pytest.mark.parametrize("loss", [CCE, SCE, "CategoricalFocalCrossentropy"])
    def test_several_sigmoids_and_classes(self, loss):
        assert not look(dense(3, "sigmoid", loss))[0].is_error
        assert "activation: softmax" in cured("KS403", dense(3, "sigmoid", loss))

    def test_softmax_and_yes_or_no(self):
        found = look(dense(3, "softmax", BCE))
        assert codes(found) == ["KS403"]
        assert not found[0].edits

    @pytest.mark.parametrize(("targets", "loss"), [("label", SCE), ("[a, b, c]", CCE)])
    def test_softmax_by_the_target(self, targets, loss):
        assert f"loss: {loss}" in cured("KS403", dense(3, "softmax", BCE) + f"data: {{csv: a.csv, targets: {targets}}}")

    @pytest.mark.parametrize(
        ("units", "activation", "loss"),
        [(1, "sigmoid", BCE), (3, "sigmoid", BCE), (3, "softmax", CCE), (3, "softmax", SCE), (3, "softmax", "mse"),
         (3, "sigmoid", "CategoricalHinge"), (3, "sigmoid", "unheard_of"), (3, "softmax", "KLDivergence")],
    )  # fmt: skip
    def test_pairs_that_belong_together(self, units, activation, loss):
        assert "KS403" not in codes(look(dense(units, activation, loss)))

    def test_by_output(self):
        text = "Dense: {units: 3, activation: softmax}\n    name: a\nDense: {units: 3, activation: sigmoid}\n    from: x\n    name: b"
        found = look(spec(text, f"outputs: [a, b]\ncompile: {{loss: {{a: {SCE}, b: {SCE}}}}}"))
        assert codes(found) == ["KS403"]
        assert "`b`" in found[0].message


class TestActivationAndLogits:
    @pytest.mark.parametrize(
        ("units", "activation", "loss"),
        [(1, "sigmoid", "BinaryCrossentropy"), (3, "softmax", "CategoricalCrossentropy"),
         (3, "softmax", "SparseCategoricalCrossentropy"), (3, "sigmoid", "BinaryFocalCrossentropy")],
    )  # fmt: skip
    def test_is_found_and_cured(self, units, activation, loss):
        after = cured("KS404", dense(units, activation, f"{{{loss}: {{from_logits: true}}}}"))
        assert "from_logits: false" in after

    def test_a_softmax_layer(self):
        more = "compile: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}"
        assert codes(look(spec("Dense: {units: 3}\nSoftmax", more))) == ["KS404"]

    @pytest.mark.parametrize("activation", [None, "linear", "log_softmax"])
    def test_logits_are_none_of_it(self, activation):
        assert look(dense(3, activation, "{SparseCategoricalCrossentropy: {from_logits: true}}")) == []


class TestLossNeedsProbabilities:
    @pytest.mark.parametrize(("units", "loss"), [(1, BCE), (3, CCE), (3, SCE), (3, BCE), (1, "bce")])
    def test_linear(self, units, loss):
        assert "from_logits: true" in cured("KS405", dense(units, None, loss))

    @pytest.mark.parametrize("loss", ["{BinaryCrossentropy: {}}", "{BinaryCrossentropy: {label_smoothing: 0.1}}",
                                      "{BinaryCrossentropy: {from_logits: false}}"])  # fmt: skip
    def test_linear_with_arguments(self, loss):
        cured("KS405", dense(1, None, loss))

    def test_linear_in_lines(self):
        text = dense(1) + "compile:\n  loss:\n    BinaryCrossentropy:\n      label_smoothing: 0.1\n"
        assert "      from_logits: true\n      label_smoothing: 0.1" in cured("KS405", text)

    @pytest.mark.parametrize(
        ("activation", "units", "loss", "right"), [("relu", 1, BCE, "sigmoid"), ("tanh", 3, SCE, "softmax")]
    )
    def test_other_activations(self, activation, units, loss, right):
        assert f"activation: {right}" in cured("KS405", dense(units, activation, loss))

    @pytest.mark.parametrize(
        "last", ["Activation: {activation: sigmoid}", "op: sigmoid", "Activation: {activation: hard_sigmoid}"]
    )
    def test_an_activation_of_its_own(self, last):
        assert look(spec(f"Dense: {{units: 1}}\n{last}", f"compile: {{loss: {BCE}}}")) == []

    def test_what_cannot_be_told_is_none_of_it(self):
        text = "Dense: {units: 3}\n    name: a\nAverage:\n    from: [a, a]"
        assert look(spec(text, f"compile: {{loss: {CCE}}}")) == []

    def test_a_filled_in_loss_is_none_of_it(self):
        assert look(dense(3, None, None, "multiclass_classification")) == []


class TestBoundedRegression:
    def test_relu(self):
        assert "activation: linear" in cured("KS406", dense(1, "relu", "mse"))

    @pytest.mark.parametrize("activation", ["softplus", "sigmoid", "tanh", "gelu", "leaky_relu", None])
    def test_others_are_none_of_it_without_data(self, activation):
        assert look(dense(1, activation, "mse", "regression")) == []

    @pytest.mark.parametrize("loss", ["poisson", "msle", BCE])
    def test_losses_of_positive_numbers(self, loss):
        assert "KS406" not in codes(look(dense(1, "relu", loss)))

    @pytest.mark.parametrize(
        ("activation", "numbers", "expected"),
        [("relu", "0 1 2.5", []), ("relu", "0 -1 2.5", ["KS406"]), ("sigmoid", "0 0.5 1", []), ("sigmoid", "0 40 7", ["KS406"]),
         ("tanh", "-1 0.5 1", []), ("tanh", "-1 0.5 2", ["KS406"]), ("softplus", "-3 1 2", ["KS406"]), (None, "-3 1 2", [])],
    )  # fmt: skip
    def test_by_the_target(self, activation, numbers, expected, tmp_path):
        rows = [f"{i},{i % 7},{i % 3},{i % 5},{number}" for i, number in enumerate(numbers.split() * 10)]
        text = dense(1, activation, "mse", "regression") + "data: {csv: t.csv, targets: t}\n"
        assert codes(look(text, tmp_path, t="a,b,c,d,t\n" + "\n".join(rows))) == expected

    def test_synthetic_data_has_no_say(self):
        assert look(dense(1, "relu", "mse") + "data: {synthetic: {examples: 10}}") == []


class TestTaskAndOutput:
    @pytest.mark.parametrize(
        ("task", "units", "activation", "loss", "after"),
        [
            ("binary_classification", 2, "softmax", None, "task: multiclass_classification"),
            ("binary_classification", 2, "softmax", SCE, "task: multiclass_classification"),
            ("binary_classification", 3, "sigmoid", None, "task: multilabel_classification"),
            ("multilabel_classification", 3, "softmax", None, "task: multiclass_classification"),
            ("multiclass_classification", 3, "sigmoid", None, "activation: softmax"),
            ("multiclass_classification", 1, "sigmoid", None, "task: binary_classification"),
            ("regression", 3, "softmax", SCE, "task: multiclass_classification"),
            ("binary_classification", 1, None, "mse", "task: regression"),
        ],
    )
    def test_contradictions_are_cured(self, task, units, activation, loss, after):
        assert after in cured("KS408", dense(units, activation, loss, task))

    def test_linear_units_for_a_yes_or_no(self):
        assert codes(look(dense(2, None, None, "binary_classification"))) == ["KS408"]

    @pytest.mark.parametrize(
        ("task", "units", "activation", "loss"),
        [
            ("binary_classification", 1, "sigmoid", None),
            ("binary_classification", 1, "sigmoid", "mse"),
            ("binary_classification", 1, None, None),
            ("binary_classification", 1, None, "hinge"),
            ("multilabel_classification", 3, "sigmoid", None),
            ("multilabel_classification", 1, "sigmoid", None),
            ("multiclass_classification", 3, "softmax", None),
            ("multiclass_classification", 3, None, None),
            ("multiclass_classification", 3, "sigmoid", BCE),
            ("regression", 1, None, None),
            ("regression", 1, "sigmoid", None),
            ("regression", 3, "softmax", "kl_divergence"),
            ("regression", 3, "sigmoid", BCE),
        ],
    )
    def test_what_agrees(self, task, units, activation, loss):
        assert look(dense(units, activation, loss, task)) == []

    def test_one_message_for_one_mistake(self):
        assert codes(look(dense(1, "softmax", None, "binary_classification"))) == ["KS402"]
        assert codes(look(dense(3, "sigmoid", SCE, "multiclass_classification"))) == ["KS403"]

    def test_by_output(self):
        text = "Dense: {units: 2, activation: softmax}\n    name: a\nDense: {units: 1}\n    from: x\n    name: b"
        tasks = "outputs: [a, b]\ntask: {a: binary_classification, b: regression}"
        assert "a: multiclass_classification" in cured("KS408", spec(text, tasks))


def test_what_is_not_trained_is_left_alone():
    text = "Dense: {units: 1, activation: softmax}\n    name: a\nDense: {units: 1, activation: relu}\n    from: x\n    name: b"
    more = "outputs: [a, b]\ncompile: {loss: mse}\ndata: {csv: t.csv, targets: {a: t}}"
    assert codes(look(spec(text, more))) == ["KS402"]


@pytest.mark.parametrize("activation", ["rleu", "[relu]", "3", "{rleu: {}}"])
def test_a_wrong_activation_has_its_own_message_alone(activation):
    found = codes(look(dense(1, activation, BCE)))
    assert found
    assert not {"KS402", "KS403", "KS404", "KS405"} & set(found)
