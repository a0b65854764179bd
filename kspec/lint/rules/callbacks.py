"""The callbacks of `fit`."""

from __future__ import annotations

from kspec.diagnostics import codes
from kspec.lint.arguments import check_object
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Checks each callback against the catalog, and that network access is allowed where one needs it."""
    for index, callback in enumerate(context.spec.document.fit.callbacks):
        path = ("fit", "callbacks", index)
        check_object(context, callback, "callback", path)
        name = callback if isinstance(callback, str) else next(iter(callback))
        is_allowed = context.spec.permissions.network or context.spec.is_trained  # after training, no callback runs
        if name == "RemoteMonitor" and not is_allowed:
            context.report.error(
                codes.NETWORK_ACCESS,
                "`RemoteMonitor` opens a network connection",
                context.spec.positions.value(path),
                help="allow it with --allow-network, if you trust the spec",
            )
        if name == "BackupAndRestore":
            positions = context.spec.positions
            context.report.error(
                codes.BACKUP_WITHOUT_RESUME,
                "`BackupAndRestore` never restores anything: its backup is in the folder of one run, and each run has "
                "its own",
                positions.key((*path, name)) if (*path, name) in positions.keys else positions.value(path),
                help="remove it: every run writes checkpoints, and `kspec resume` goes on where a run stopped",
            )
