"""The verbs and what each does, known without importing any of them: `kspec --help` must come in a blink."""

from __future__ import annotations

from keyword import iskeyword

import click

VERBS = {
    "Write a spec": {
        "init": "Make a working spec from a table or a template.",
        "import": "Make a spec of a Keras model: a .keras file, or its JSON.",
        "layers": "What a spec can name: layers, ops, optimizers, losses …",
        "schema": "The JSON Schema that editors complete and check specs by.",
    },
    "Check it": {
        "check": "All that can be told without running, each fault at its place.",
        "fmt": "Write it in one layout: order, lines, quotes; comments stay.",
        "explain": "What a code such as KS201 means, with an example and the cure.",
        "render": "The whole resolved spec: overrides, expressions and defaults written out.",
        "summary": "The layers with their shapes and parameters.",
        "plot": "Draw the graph.",
        "export": "Write it, or what a run has trained, in a form that others read.",
        "diff": "What differs between two specs, or a spec and a run.",
        "lsp": "The language server: all of this in the editor, as one types.",
    },
    "Run it": {
        "run": "The whole life-cycle: define, compile, fit, evaluate, predict.",
        "evaluate": "The loss and metrics of a run on other data.",
        "predict": "The answers of a run for other data.",
        "runs": "The runs there are, side by side.",
    },
}
"""Section → verb → its one line of help; each verb is `command` in the module of its name."""

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
            ctx.fail(f"there is no verb `{verb}`{self._meant(ctx, verb)}")
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: click.Context, verb: str) -> str:
        from kspec.diagnostics.suggest import did_you_mean

        if verb.endswith((".yaml", ".yml")):
            return f"; to check a spec: `kspec check {verb}`"
        other = {"train": "run", "fit": "run", "validate": "check", "lint": "check", "new": "init", "help": "--help"}
        meant = f"did you mean `{other[verb]}`?" if verb in other else did_you_mean(verb, self.list_commands(ctx))
        return f"; {meant}" if meant else ""


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from kspec._version import __version__

        click.echo(f"kspec {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="The version.")
def group() -> None:
    """Write a neural network as a YAML spec; check it in a blink; train it with Keras."""
