"""The real nginx, as docs/installing.md configures it, on a free port with its own certificate."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.parts.servers.machine import without
from tests.parts.servers.ports import closed_port
from tests.parts.waiting import until

ROOT = Path(__file__).resolve().parents[3]
FRAME = """\
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def documented_server() -> str:
    """The server block that docs/installing.md tells to use."""
    text = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")
    found = re.search(r"^    server \{\n(?:    .*\n)+?    \}\n", text, re.MULTILINE)
    assert found
    return found[0]


@contextmanager
def nginx(folder: Path, backend: int, prefix: str = "") -> Iterator[str]:
    """Runs nginx before the port `backend`; gives its https address."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
    if program is None:
        without("nginx is not installed; for example: apt-get install nginx-light")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    held = closed_port()
    port = held.getsockname()[1]
    server = documented_server()
    for old, new in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("verdicts.example.org;", "localhost;"),
        ("/etc/letsencrypt/live/verdicts.example.org/fullchain.pem", f"{folder}/certificate.pem"),
        ("/etc/letsencrypt/live/verdicts.example.org/privkey.pem", f"{folder}/key.pem"),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{backend}"),
        ("location / {", f"location {prefix}/ {{"),
    ):
        assert old in server, old
        server = server.replace(old, new)
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder, server=server))
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: process.poll() is not None or _answers(port), "nginx")
        assert process.poll() is None, process.stderr and process.stderr.read()
        yield f"https://localhost:{port}{prefix}"
    finally:
        process.terminate()
        process.communicate()
        held.close()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
