"""Stands for a listmonk: the endpoints that its documentation names, by their rules.

    python listmonk_double.py --config "" [--install --yes]

It takes its port and database from the environment as that does, keeps what it knows in a file
beside its database's name, and sends a campaign by smtplib. Whatever the documentation forbids
is answered with an error: a wrong token, settings with a key missing, a campaign that is no draft.
"""

import csv
import io
import json
import os
import smtplib
import sys
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "made-by-the-installation"
CONTENT = '{{ template "content" . }}'
DATABASE, ADDRESS = "LISTMONK_db__database", "LISTMONK_app__address"
STATE = Path(f"{os.environ.get(DATABASE, 'none')}.json")
FRESH: dict[str, Any] = {
    "settings": {
        "app.site_name": "Mailing list",
        "app.concurrency": 10,
        "app.batch_size": 1000,
        "app.message_rate": 10,
        "app.message_sliding_window": False,
        "app.check_updates": True,
        "privacy.individual_tracking": False,
        "smtp": [{"uuid": "u-1", "enabled": True, "host": "smtp.yoursite.com", "port": 25}],
    },
    "lists": [],
    "templates": [{"id": 1, "name": "Default", "body": CONTENT}],
    "people": [],
    "campaigns": [],
    "import": {"name": "", "total": 0, "imported": 0, "status": "none"},
}


class Refused(Exception):  # noqa: N818 - an answer, not a fault of the double
    """Is answered with 400 and these words."""


def install() -> None:
    STATE.write_text(json.dumps(FRESH), encoding="utf-8")
    sys.stderr.write(f'export LISTMONK_ADMIN_API_TOKEN="{TOKEN}"\n')


class Double:
    """What it knows, and what it does with it."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = json.loads(STATE.read_text(encoding="utf-8"))
        self.running = dict(self.known["settings"])
        """As they were at its start: changed ones hold from the next on."""

    def answer(self, method: str, path: str, body: Any) -> Any:
        found: Any
        match method, path.strip("/").split("/"):
            case "GET", ["settings"]:
                found = self.known["settings"]
            case "PUT", ["settings"]:
                found = self.set(body)
            case "POST", ["lists" | "templates" as kind]:
                found = self.add(kind, body)
            case "GET", ["import", "subscribers"]:
                found = self.known["import"]
            case "DELETE", ["import", "subscribers"]:
                found = self.known["import"] = FRESH["import"]
            case "POST", ["import", "subscribers"]:
                found = self.take(body)
            case "POST", ["campaigns"]:
                found = self.add("campaigns", {**body, "status": "draft", "sent": 0})
            case "PUT", ["campaigns", number, "status"]:
                found = self.send(self.campaign(number), body["status"])
            case "GET", ["campaigns", number]:
                found = self.campaign(number)
            case _:
                raise Refused(f"no such endpoint: {method} {path}")
        return found

    def set(self, body: dict[str, Any]) -> bool:
        if missing := FRESH["settings"].keys() - body.keys():
            raise Refused(f"settings without {missing}")
        self.known["settings"] = body
        return True

    def add(self, kind: str, body: dict[str, Any]) -> Any:
        if kind == "templates" and body["body"].count(CONTENT) != 1:
            raise Refused("the placeholder has to stand once in a template")
        one = {**body, "id": len(self.known[kind]) + 1}
        self.known[kind].append(one)
        return self.known[kind] if kind == "templates" else one

    def take(self, body: dict[str, str]) -> Any:
        wanted = json.loads(body["params"])
        if wanted["mode"] != "subscribe" or wanted["subscription_status"] != "confirmed":
            raise Refused(f"not that import: {wanted}")
        rows = list(csv.DictReader(io.StringIO(body["file"]), delimiter=wanted["delim"]))
        for row in rows:
            json.loads(row["attributes"])
        self.known["people"] = [(row["email"], row["name"], wanted["lists"]) for row in rows]
        self.known["import"] = {
            "name": "x.csv", "total": len(rows), "imported": len(rows), "status": "finished",
        }  # fmt: skip
        return wanted

    def campaign(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.known["campaigns"][int(number) - 1]
        return found

    def send(self, campaign: dict[str, Any], status: str) -> dict[str, Any]:
        if status != "running" or campaign["status"] != "draft":
            raise Refused(f"{campaign['status']} does not become {status}")
        wanted = set(campaign["lists"])
        people = [one for one in self.known["people"] if wanted.intersection(one[2])]
        if people:
            smtp = self.running["smtp"][0]
            with smtplib.SMTP(smtp["host"], smtp["port"]) as client:
                for email, name, _ in people:
                    client.send_message(_message(campaign, email, name))
        campaign["sent"] = len(people)
        campaign["status"] = "finished"
        return campaign


def _message(campaign: dict[str, Any], email: str, name: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = campaign["from_email"], email, "A week"
    message["Message-ID"] = f"<{email}>"
    first = name.split(maxsplit=1)[0]
    text, html = (
        campaign[part].replace("{{ .Subscriber.FirstName }}", first) for part in ("altbody", "body")
    )
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


class Handler(BaseHTTPRequestHandler):
    double: Double

    def answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = f"token {os.environ['LISTMONK_ADMIN_API_USER']}:{TOKEN}"
        path = self.path.removeprefix("/api")
        if self.headers["Authorization"] != token:
            self.say(403, {"message": "invalid API credentials"})
        elif path == "/health":
            self.say(200, {"data": True})
        else:
            try:
                found = self.double.answer(self.command, path, self.body(raw))
            except Refused as error:
                self.say(400, {"message": str(error)})
            else:
                # Before the answer: it may be ended as soon as that has come.
                STATE.write_text(json.dumps(self.double.known), encoding="utf-8")
                self.say(200, {"data": found})

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

    def body(self, raw: bytes) -> Any:
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return json.loads(raw) if raw else None
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + raw)
        return {
            part.get_param("name", header="content-disposition"): part.get_content()
            if part.get_content_maintype() == "text"
            else part.get_payload(decode=True).decode()
            for part in parts.iter_parts()
        }

    def say(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    if "--install" in sys.argv:
        install()
    else:
        Handler.double = Double()
        host, _, port = os.environ[ADDRESS].partition(":")
        ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
