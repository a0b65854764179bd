"""Small specs that train a model for each fold, or for one of them; they read the data of other sources."""

SPECS = {
    "folds": """\
data: {csv: one.csv, inputs: [a, b], targets: flag, split: {folds: 3, stratify: true}}
inputs: {x: {shape: [2]}}
layers:
  - Normalization
  - Dropout: {rate: 0.3}
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "folds_with_gaps": """\
dtype_policy: float32
data:
  parquet: table.parquet
  inputs: {u: [a, b, n], t: word}
  targets: {fold: word, size: b}
  missing: {n: {fill: mean, indicator: true}}
  split: {folds: 4}
inputs:
  u: {shape: [4]}
  t: {shape: [1], dtype: string}
layers:
  - StringLookup: {output_mode: one_hot}
    from: t
    name: s
  - Concatenate:
    from: [u, s]
    name: all
  - Dense: {units: 3, activation: softmax}
    name: fold
  - Dense: {units: 1}
    from: all
    name: size
outputs: [fold, size]
""",
    "folds_of_groups": """\
data:
  json: patients.jsonl
  inputs: [age, scan.size, scan.values]
  targets: finding
  balance: oversample
  split: {folds: 3, group: patient, stratify: true}
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 2, activation: tanh}
    name: code
  - Dense: {units: 3, activation: softmax}
    name: y
predict: {keep: [patient], nodes: [code]}
""",
    "folds_of_numbered_groups": """\
data: {sql: {connect: shop.db, query: "select * from houses"}, inputs: [size], targets: price, split: {folds: 3, group: age}}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 1}
    name: price
fit: {epochs: 3, batch_size: 16, keep: best, callbacks: [{EarlyStopping: {patience: 1}}]}
""",
    "folds_in_order": """\
data: {csv: one.csv, inputs: [a], targets: b, split: {folds: 4, order: true, gap: 2}}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 1}
    name: b
""",
    "one_fold": """\
data: {csv: one.csv, inputs: [a], targets: {b: {column: b, scale: standard}}, split: {folds: 4, fold: 2}}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 1}
    name: b
""",
}
OWN_FIT = frozenset({"folds_of_numbered_groups"})
