"""Reviews of made-up tools, in the shape that panels write: habits, stances, and much between."""

from digest.catalog.pages import Lens, ReviewPage, Verdict

HERONRY = {
    Lens.BUILDER: (
        "The primitive here is a job runner: you hand it a function and a time, and it gives you a "
        "receipt. The docs are short, dated and correct. The decision that earns the ship: retries "
        "are off until you ask for them."
    ),
    Lens.SKEPTIC: (
        "Direct competitors are Cormorant and Gannet, both older, both fine. What kills this in a "
        "year isn't a rival: it's the cloud's own scheduler becoming free. That said, I'd keep it."
    ),
    Lens.FUTURIST: (
        "The thesis is plain: small teams stop running schedulers of their own. It follows that "
        "somebody else does. This is a bet on patience."
    ),
    Lens.FOUNDER: (
        "The buyer is a team lead with a card. Skip it if you pay by the seat; ship it if you pay "
        "by the job. They know their market."
    ),
}
CORMORANT = {
    Lens.BUILDER: (
        "The primitive is clean: a queue with a clock. But it needs a database. Ships because "
        "Cormorant's client does in one call what Heronry's takes four for."
    ),
    Lens.SKEPTIC: (
        "Direct competitors are plenty. It loses to Heronry on price. Worth it only when you run "
        "more than 500 jobs a day."
    ),
    Lens.FUTURIST: (
        "The thesis is that queues become invisible. Everybody says so. The second-order effect is "
        "that nobody owns the outage."
    ),
    Lens.FOUNDER: (
        "The buyer is whoever was paged last night. The price, $20 a month, is cheaper than one "
        "hour of their time. That matters."
    ),
}


def reviews(said: dict[Lens, str], **verdicts: Verdict) -> tuple[ReviewPage, ...]:
    return tuple(ReviewPage(lens, text, verdicts.get(lens)) for lens, text in said.items())
