"""The command line: one module per noun."""


def main() -> None:
    raise SystemExit("not built yet")
