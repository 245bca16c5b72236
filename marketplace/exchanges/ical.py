"""Events as an iCalendar file (RFC 5545). Wording is in the language of now."""

from datetime import datetime, timedelta

from flask_babel import gettext as _
from icalendar import Calendar
from icalendar import Event as CalendarEvent

from marketplace.exchanges.feeds import Event
from marketplace.exchanges.states import PROVIDER

AGAIN = timedelta(hours=1)  # how often a calendar need ask


def calendar_of(name: str, events: list[Event], root: str, host: str, made_at: datetime) -> bytes:
    """The file: `root` is the address of this instance, `host` its name, which makes identifiers the world's only."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Seconde Prise//{host}//FR")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for one in events:
        event = CalendarEvent()
        event.add("uid", f"{one.uid}@{host}")
        event.add("dtstamp", made_at)
        event.add("dtstart", one.starts)
        event.add("dtend", one.ends)
        event.add("summary", summary(one))
        event.add("url", f"{root}/echanges/{one.exchange}")
        event.add("sequence", one.version)
        event.add("status", "TENTATIVE" if one.tentative else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if one.what != "meeting" else "OPAQUE")
        if one.place:
            event.add("location", one.place)
        calendar.add_component(event)
    if any(isinstance(one.starts, datetime) for one in events):
        calendar.add_missing_timezones()
    return calendar.to_ical()


def summary(event: Event) -> str:
    """« Départ : Chaises bistro et 2 autres, Les Films du Quai »."""
    things = event.titles[0] if event.titles else ""
    if len(event.titles) > 1:
        things = _("%(first)s et %(n)s de plus", first=things, n=len(event.titles) - 1)
    gives = event.side == PROVIDER
    what = {
        "departure": _("Départ") if gives else _("À retirer"),
        "return": _("Retour") if gives else _("À rendre"),
        "meeting": _("Rendez-vous"),
    }[event.what]
    said = _("%(what)s : %(things)s, %(other)s", what=what, things=things, other=event.other_name)
    return _("À confirmer, %(what)s", what=said[0].lower() + said[1:]) if event.tentative else said
