"""A team of the local Slack as tests and demos use it: with people who type, press and look."""

from __future__ import annotations

import itertools
import re
from typing import Any

from playground.delivery import PayloadDelivery
from playground.model import User
from playground.people import ActingMember
from playground.screens import screen_of
from playground.team import Team

COLORS = ("4bbe2e", "e7392d", "3c989f", "674b1b", "e96699", "9b3b45", "235e5b", "de5f24")


class Workspace(Team):
    """A team, the people who act in it, and its lines to the app. See `Team` for the arguments."""

    def __init__(self, name: str, **facts: Any) -> None:
        super().__init__(name, **facts)
        self.locale = "en-US"
        self._people: dict[str, ActingMember] = {}
        self._colors = itertools.cycle(COLORS)
        self.delivery = PayloadDelivery(self, self.hub)
        self.messenger = self.delivery

    def add_person(
        self,
        name: str,
        *,
        tz: str = "UTC",
        locale: str | None = None,
        is_guest: bool = False,
        deleted: bool = False,
        is_admin: bool = False,
        email: str | None = None,
    ) -> ActingMember:
        """Let a new person into the team and, guests apart, into #general.

        Args:
            name: the full name; the handle is made from it.
            tz: an IANA time zone.
            locale: of the person's Slack; the workspace's when left out.
            is_guest: a guest sees only the channels it was invited to.
            deleted: a deactivated account.
            is_admin: an administrator of the workspace.
            email: made from the name when left out.
        """
        with self.changing():
            user = User(
                id=self.ids.new("U"),
                team_id=self.team_id,
                name=self._free_handle(name),
                real_name=name,
                email="",
                tz=tz,
                locale=locale or self.locale,
                is_guest=is_guest,
                deleted=deleted,
                is_admin=is_admin,
                color=next(self._colors),
                updated=self.stamps.seconds(),
            )
            user.email = email or f"{user.name}@{self.domain}.example"
            self.users[user.id] = user
            if not (is_guest or deleted):
                self.general.members.append(user.id)
        return self.person(user.id)

    def _free_handle(self, name: str) -> str:
        stem = re.sub(r"[^\w.-]+", ".", name.lower()).strip(".") or "person"
        taken = {user.name for user in self.users.values()}
        numbered = (f"{stem}{number}" for number in itertools.count(2))
        return next(handle for handle in itertools.chain([stem], numbered) if handle not in taken)

    def person(self, user_id: str) -> ActingMember:
        """Return the driver that acts as the user with this id."""
        with self.lock:
            if user_id not in self._people:
                self._people[user_id] = ActingMember(self, self.users[user_id])
            return self._people[user_id]

    def people(self) -> list[ActingMember]:
        """Return all human members, in the order they came."""
        humans = (user for user in self.users.values() if not (user.is_bot or user.is_slackbot))
        return [self.person(user.id) for user in humans]

    def view_for(self, user_id: str) -> dict[str, Any]:
        """Return all that this user's client would show, as JSON (see `playground.screens`)."""
        with self.lock:
            return screen_of(self, user_id)
