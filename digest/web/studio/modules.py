"""Serves the studio's ES modules, below an address that changes with any of them.

They import each other by relative names, so that the whole set is one version and may be cached.
Comments, types and indents are for who reads the files; they are not sent.
"""

import hashlib
from gzip import compress
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from rjsmin import jsmin

from digest.web.static import KEEP, KINDS
from digest.web.templating import read_statics

router = APIRouter()


class Modules:
    """The modules of one folder, read once."""

    def __init__(self, folder: Path) -> None:
        self.files = {name: _minified(body) for name, body in read_statics(folder).items()}
        self.compressed = {name: compress(body, mtime=0) for name, body in self.files.items()}
        whole = hashlib.sha256(b"\0".join(self.files.values()))
        self.mark = whole.hexdigest()[:12]


def _minified(module: bytes) -> bytes:
    """Return the module without comments and without spaces that mean nothing."""
    return bytes(jsmin(module))


@router.get("/modules/{mark}/{name}")
async def module(request: Request, mark: str, name: str) -> Response:
    modules: Modules = request.app.state.modules
    if mark != modules.mark or name not in modules.files:
        raise HTTPException(404)
    headers = {**KEEP, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(modules.compressed[name], media_type=KINDS["js"], headers=headers)
    return Response(modules.files[name], media_type=KINDS["js"], headers=headers)
