"""Every email there is, rendered from the sample."""

from collections.abc import Callable

from jinja2 import Environment

from digest.render.issue import dated, render_issue
from digest.render.rendered import Rendered
from digest.render.transactional import Action, TransactionalRenderer
from tests.golden.sample import BRAND, SITE, content

TOKEN = "AbCdEfGhIjKlMnOpQrStUv"


def _issue(environment: Environment) -> Rendered:
    return dated(render_issue(content(), BRAND, environment), content().date)


def _confirmation(environment: Environment) -> Rendered:
    return TransactionalRenderer(BRAND, environment).confirmation(f"{SITE}/confirm/{TOKEN}")


def _welcome(environment: Environment) -> Rendered:
    preferences, leave = f"{SITE}/preferences/{TOKEN}", f"{SITE}/unsubscribe/{TOKEN}"
    return TransactionalRenderer(BRAND, environment).welcome(preferences, leave, content().lead)


def _notice(environment: Environment) -> Rendered:
    words = (
        "Somebody asked for your mail to go to this address from now on.",
        "Until you confirm it, the old one is used.",
    )
    action = Action("Use this address", f"{SITE}/confirm/{TOKEN}")
    return TransactionalRenderer(BRAND, environment).notice("Your new address", words, action)


EMAILS: dict[str, Callable[[Environment], Rendered]] = {
    "issue": _issue,
    "confirmation": _confirmation,
    "welcome": _welcome,
    "notice": _notice,
}
