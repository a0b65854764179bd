"""The engine `auto`: its decisions from measured times, and the cache of times."""

import json

import pytest

from kspec.training.engine.auto import AutoPolicy
from kspec.training.engine.timing_cache import MAX_NETWORKS, Timings, recall, remember


def trained(auto, total, *, fused, xla, compiling=2.0, tracing=0.8, call=50):
    """Simulates a training whose steps take so many seconds; returns its total time."""
    auto.record_trace("fused", tracing)
    step, spent, compiled = 0, tracing, False
    while step < total:
        turn = auto.decide(step, total - step)
        if turn.engine == "fused_xla" and not compiled:
            compiled = True
            spent += compiling
            auto.record_trace("fused_xla", compiling)
            continue
        steps = min(call, turn.steps)
        seconds = steps * (xla if turn.engine == "fused_xla" else fused)
        auto.record_steps(turn.engine, steps, seconds)
        spent += seconds
        step += steps
    auto.close()
    return spent


def test_a_short_training_stays_fused():
    auto = AutoPolicy(Timings())
    trained(auto, 2_000, fused=2e-4, xla=4e-5)
    assert auto.plan.to_spec() == "fused"
    assert auto.notes == []


def test_a_long_training_is_compiled_with_a_note():
    auto = AutoPolicy(Timings())
    spent = trained(auto, 100_000, fused=2e-4, xla=4e-5)
    (_, first), (step, second) = auto.plan.changes
    assert (first, second) == ("fused", "fused_xla")
    assert 0.3 <= step * 2e-4 < 0.5
    assert spent < 0.4 * 100_000 * 2e-4
    assert auto.notes == [f"XLA from step {step:,} on: 5.0 times as fast as fused; compiled in 2.0 s"]


def test_it_returns_to_fused_if_xla_is_slower():
    auto = AutoPolicy(Timings())
    spent = trained(auto, 1_000_000, fused=5e-4, xla=2e-2)
    start, back = (step for step, _ in auto.plan.changes[1:])
    assert [engine for _, engine in auto.plan.changes] == ["fused", "fused_xla", "fused"]
    assert back - start == 200
    assert spent < 1.05 * 1_000_000 * 5e-4
    assert auto.notes == [f"fused; XLA was tried from step {start:,} on and is 40.0 times as slow"]


def test_an_expected_slowdown_is_tried_only_if_the_trial_is_cheap():
    steps = {"fused": 2e-2, "xla": 0.4}
    short, long = AutoPolicy(Timings(), expected=0.1), AutoPolicy(Timings(), expected=0.1)
    trained(short, 2_000, **steps)
    trained(long, 100_000, **steps)
    assert short.plan.to_spec() == "fused"
    assert [engine for _, engine in long.plan.changes] == ["fused", "fused_xla", "fused"]


def test_cached_times_decide_at_once():
    kept = []
    trained(AutoPolicy(Timings(), keep=kept.append), 100_000, fused=2e-4, xla=4e-5)
    assert kept[-1] == Timings(fused=pytest.approx(2e-4), fused_xla=pytest.approx(4e-5), trace=0.8, compile=2.0)
    again = AutoPolicy(kept[-1])
    trained(again, 100_000, fused=2e-4, xla=4e-5)
    assert again.plan.to_spec() == "fused_xla"
    few = AutoPolicy(kept[-1])
    trained(few, 5_000, fused=2e-4, xla=4e-5)
    assert few.plan.to_spec() == "fused"


def test_wrong_cached_times_are_corrected():
    kept = []
    auto = AutoPolicy(Timings(fused=2e-4, fused_xla=1e-5, compile=1.0), keep=kept.append)
    trained(auto, 100_000, fused=2e-4, xla=1e-3)
    assert [engine for _, engine in auto.plan.changes] == ["fused_xla", "fused"]
    assert kept[-1].fused_xla == pytest.approx(1e-3)


def test_half_the_epochs_count_if_training_may_stop_early():
    sure, unsure = AutoPolicy(Timings()), AutoPolicy(Timings(), may_stop=True)
    for auto in (sure, unsure):
        trained(auto, 20_000, fused=2e-4, xla=4e-5)
    assert len(sure.plan.changes) == 2
    assert unsure.plan.to_spec() == "fused"


def test_a_rejection_ends_the_trial():
    auto = AutoPolicy(Timings())
    auto.record_steps("fused", 5_000, 1.0)
    assert auto.decide(5_000, 100_000).engine == "fused_xla"
    auto.reject_xla(5_000, "XLA takes no text, and an input is text")
    assert auto.decide(5_000, 100_000) == ("fused", 100_000)
    assert auto.plan.to_spec() == "fused"
    assert auto.notes == ["fused instead of fused_xla: XLA takes no text, and an input is text"]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "engines.json"


def test_times_are_cached(cache):
    assert recall("a") == Timings()
    remember("a", Timings(fused=0.25))
    remember("b", Timings(fused=0.5, compile=2.0))
    assert recall("a") == Timings(fused=0.25)
    assert recall("b") == Timings(fused=0.5, compile=2.0)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "\0", '{"a": 3}', '{"a": {"fused": "x", "compile": -1}}', '{"a": {"fused": NaN}}']
)
def test_a_corrupt_cache_counts_as_empty(cache, content):
    cache.parent.mkdir()
    cache.write_text(content)
    assert recall("a") == Timings()
    remember("a", Timings(fused=0.25))
    assert recall("a") == Timings(fused=0.25)


def test_the_cache_is_bounded_and_drops_the_oldest(cache):
    for number in range(MAX_NETWORKS + 3):
        remember(str(number), Timings(fused=1.0))
    known = json.loads(cache.read_text())
    assert len(known) == MAX_NETWORKS
    assert "2" not in known
    assert "3" in known


def test_an_unwritable_cache_is_ignored(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path / "file" / "cache"))
    remember("a", Timings(fused=0.25))
    assert recall("a") == Timings()


def test_caching_can_be_off(monkeypatch):
    monkeypatch.setenv("KSPEC_CACHE", "off")
    remember("a", Timings(fused=0.25))
    assert recall("a") == Timings()


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (lambda layers: layers.LSTM(10), 4.0),
        (lambda layers: layers.Bidirectional(layers.GRU(10)), 4.0),
        (lambda layers: layers.LSTM(200), 1.2),
        (lambda layers: layers.Conv1D(2, 2), 0.1),
        (lambda layers: layers.Dense(2), None),
    ],
)
def test_the_expected_speedup_of_a_network(layer, expected):
    import keras

    from kspec.training.engine.expected_gain import expected_speedup

    visible = keras.Input((5, 3))
    assert expected_speedup(keras.Model(visible, layer(keras.layers)(visible))) == expected
