"""Serves the pages' own files, by name from memory: no path can escape a folder."""

from fastapi import APIRouter, HTTPException, Response

from digest.web.site import TemplatesDep

router = APIRouter()

KINDS = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
# The address changes with the file (see PageTemplates), so a cached copy never goes stale.
KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.api_route("/static/{name}", methods=["GET", "HEAD"])
async def static(name: str, templates: TemplatesDep) -> Response:
    kind = KINDS.get(name.rpartition(".")[2])
    if kind is None or name not in templates.statics:
        raise HTTPException(404)
    return Response(templates.statics[name], media_type=kind, headers=KEEP)


@router.api_route("/favicon.ico", methods=["GET", "HEAD"])
async def icon(templates: TemplatesDep) -> Response:
    """Serves the icon that browsers ask for on an issue's page: its frozen bytes name none."""
    return await static("mark.svg", templates)
