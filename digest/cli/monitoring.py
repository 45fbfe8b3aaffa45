"""digest monitoring: alert rules and a dashboard for what /metrics says."""

from pathlib import Path

import typer

app = typer.Typer(help="Files for Prometheus and Grafana.", no_args_is_help=True)


@app.command("alerts", epilog="Example: digest monitoring alerts > digest-alerts.yml")
def alerts() -> None:
    """Print alert rules for Prometheus (YAML)."""
    print(_read("alerts.yml"), end="")


@app.command("dashboard", epilog="Example: digest monitoring dashboard > digest-dashboard.json")
def dashboard() -> None:
    """Print a dashboard for Grafana (JSON)."""
    print(_read("dashboard.json"), end="")


def _read(name: str) -> str:
    import digest.monitoring

    return (Path(digest.monitoring.__file__).parent / "files" / name).read_text(encoding="utf-8")
