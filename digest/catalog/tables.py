"""Tables of tools and comparisons: Tool, Comparison, Correction, Contender, Review, Vote."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, UniqueConstraint
from sqlmodel import Field

from digest.catalog.pages import Lens, Verdict
from store.base import Json, Table, UtcDateTime
from subscribers.tables import one_of


class Tool(Table, table=True):
    """A product, known by its slug; the same in all its comparisons."""

    __tablename__ = "tool"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=200, unique=True)
    name: str = Field(max_length=200)


class Comparison(Table, table=True):
    """One published page."""

    __tablename__ = "comparison"
    __table_args__ = (Index("ix_comparison_published_at", "published_at"),)

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=400, unique=True)
    title: str = Field(max_length=500)
    url: str | None = Field(default=None, max_length=2000)
    published_at: datetime = Field(sa_type=UtcDateTime)
    imported_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    pin: int | None = Field(default=None)
    """Place in the next issue that an editor asked for, from 1; None if not pinned."""
    hidden_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When an editor hid it: since then it is in no draft and on no page."""
    hidden_by: str = Field(default="", max_length=100, sa_column_kwargs={"server_default": ""})


class Correction(Table, table=True):
    """What an editor corrected on a page. The comparison's own rows hold `value`."""

    __tablename__ = "correction"
    __table_args__ = (UniqueConstraint("comparison_id", "field"),)

    id: int | None = Field(default=None, primary_key=True)
    comparison_id: int = Field(
        sa_column=Column(Integer, ForeignKey("comparison.id", ondelete="CASCADE"), nullable=False)
    )
    field: str = Field(max_length=60)
    """`title`, `left.panel_score`, `right.builder.verdict` (`digest.catalog.corrections`)."""
    page_was: Any = Field(default=None, sa_column=Column(Json, nullable=True))
    """What the page said when it was corrected."""
    page_now: Any = Field(default=None, sa_column=Column(Json, nullable=True))
    """What the page said when it was imported last."""
    value: Any = Field(default=None, sa_column=Column(Json, nullable=True))
    who: str = Field(max_length=100)
    at: datetime = Field(sa_type=UtcDateTime)

    @property
    def page_changed(self) -> bool:
        """Return whether the page says something else since."""
        return bool(self.page_now != self.page_was)


class Contender(Table, table=True):
    """A tool as one comparison shows it; `position` 0 is the left one."""

    __tablename__ = "contender"
    __table_args__ = (
        UniqueConstraint("comparison_id", "position"),
        CheckConstraint("position IN (0, 1)", name="position"),
        CheckConstraint("panel_score BETWEEN 0 AND 100", name="panel_score"),
        CheckConstraint("community_score BETWEEN 0 AND 100", name="community_score"),
        Index("ix_contender_tool_id", "tool_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    comparison_id: int = Field(
        sa_column=Column(Integer, ForeignKey("comparison.id", ondelete="CASCADE"), nullable=False)
    )
    position: int
    tool_id: int = Field(foreign_key="tool.id")
    name: str = Field(max_length=200)
    category: str = Field(max_length=100)
    tagline: str = Field(max_length=500)
    description: str
    panel_score: float | None = Field(default=None)
    community_score: float | None = Field(default=None)
    entry_price: str = Field(max_length=100)


class Review(Table, table=True):
    """One panel member's words on one contender; the verdict is never guessed."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("contender_id", "lens"),
        one_of("lens", Lens),
        one_of("verdict", Verdict),
    )

    id: int | None = Field(default=None, primary_key=True)
    contender_id: int = Field(
        sa_column=Column(Integer, ForeignKey("contender.id", ondelete="CASCADE"), nullable=False)
    )
    position: int
    lens: str = Field(max_length=16)
    quote: str
    verdict: str | None = Field(default=None, max_length=8)


class Vote(Table, table=True):
    """A reader's ship or skip on a tool: one per subscriber and tool, changeable."""

    __tablename__ = "vote"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "tool_id"),
        one_of("verdict", Verdict),
        Index("ix_vote_tool_id", "tool_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(
        sa_column=Column(Integer, ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False)
    )
    tool_id: int = Field(foreign_key="tool.id")
    verdict: str = Field(max_length=8)
    at: datetime = Field(sa_type=UtcDateTime)
