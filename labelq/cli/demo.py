"""``labelq demo``: an audit of the sample round that comes with labelq."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("demo", short_help="Audit the sample round.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("audits/support_triage"),
    show_default=True,
    metavar="DIR",
    help="Where the audit goes; an earlier audit there is replaced.",
)
def demo_command(out: Path) -> int:
    """Audit the sample round: customer-support tickets, five annotators, planted problems.

    \b
    Examples:
      labelq demo
      labelq demo --out /tmp/demo
    """
    from labelq.cli.audit import run
    from labelq.settings import Settings

    sample = sample_folder()
    settings = Settings(
        label_config=sample["label_config.xml"],
        guideline=sample["support_triage.md"],
        out=out,
        replace=True,
    )
    return run([sample["round_1.json"]], settings)


def sample_folder() -> dict[str, Path]:
    """The sample files by name: inside an installed package, else in the repository."""
    package = Path(__file__).parent.parent
    installed = package / "sample"
    if installed.is_dir():
        folders = (installed, installed)
    else:
        folders = (package.parent / "sample_data/support_triage", package.parent / "guidelines")
    return {
        "label_config.xml": folders[0] / "label_config.xml",
        "round_1.json": folders[0] / "round_1.json",
        "support_triage.md": folders[1] / "support_triage.md",
    }
