"""What a command printed, looked at."""


def one_line(error: str) -> bool:
    return len(error.strip().splitlines()) == 1 and "Traceback" not in error
