"""The verbs with a line of help each, known without importing any of them, so that `kspec --help` is instant."""

from __future__ import annotations

from keyword import iskeyword

import click

VERBS = {
    "Write a spec": {
        "init": "Write a working spec from a table or a template.",
        "import": "Write the spec of a Keras model: a .keras file, or its JSON.",
        "layers": "List what a spec can use: layers, ops, optimizers, losses …",
        "schema": "Write the JSON Schema with which editors check and complete specs.",
    },
    "Check it": {
        "check": "Report every problem that can be found without running the spec.",
        "fmt": "Format specs: key order, indentation, quotes; comments are kept.",
        "explain": "Explain a code such as KS201, with an example and the fix.",
        "render": "Print the resolved spec: overrides, expressions and defaults written out.",
        "data": "Show the data: splits, columns, classes, doubts, examples.",
        "summary": "List the nodes with their shapes and parameters.",
        "estimate": "Estimate the memory, disk space and time that a run takes.",
        "plot": "Draw the network.",
        "export": "Export a spec, or the model of a run, to another format.",
        "diff": "Compare two specs or runs.",
        "lsp": "Start the language server: as-you-type checking in editors.",
    },
    "Run it": {
        "run": "Run the life cycle: define, compile, fit, evaluate, predict.",
        "resume": "Go on with a run that was stopped, or train on with a finished one.",
        "evaluate": "Evaluate a run on its own data or on new data.",
        "predict": "Predict on new data.",
        "serve": "Answer requests with the models of runs, over HTTP.",
        "watch": "Compare new data with what a run was trained on: drift, metrics.",
        "contract": "Print what new rows must have for a run, or check a file against it.",
        "sweep": "Search for the best values of a spec.",
        "verify": "Compare a run with what its folder says, training again.",
        "runs": "List the runs with their metrics.",
        "report": "Write a run, or several beside each other, as one page.",
        "track": "Send runs to MLflow, TensorBoard or another tracker.",
        "cache": "List or delete stored data.",
    },
}
"""Section → verb → its line of help. A verb is `command` in the module of its name."""

EPILOG = """\b
Examples:
  kspec init data.csv
  kspec check spec.yaml
  kspec run spec.yaml --set fit.epochs=5
"""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return [name for section in VERBS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        from importlib import import_module

        file = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"kspec.cli.{file}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        width = max(len(name) for section in VERBS.values() for name in section)
        for title, section in VERBS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", help) for name, help in section.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        verb = args[0]
        if not verb.startswith("-") and verb not in self.list_commands(ctx):
            ctx.fail(f"unknown command `{verb}`{self._suggestion(ctx, verb)}")
        return super().resolve_command(ctx, args)

    def _suggestion(self, ctx: click.Context, verb: str) -> str:
        from kspec.diagnostics.suggest import did_you_mean

        if verb.endswith((".yaml", ".yml")):
            return f"; to check a spec: `kspec check {verb}`"
        other = {"train": "run", "fit": "run", "validate": "check", "lint": "check", "new": "init", "help": "--help"}
        suggestion = f"did you mean `{other[verb]}`?" if verb in other else did_you_mean(verb, self.list_commands(ctx))
        return f"; {suggestion}" if suggestion else ""


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from kspec._version import __version__

        click.echo(f"kspec {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Print the version.",
)
def group() -> None:
    """Write a neural network as a YAML spec, check it in an instant, and train it with Keras."""
