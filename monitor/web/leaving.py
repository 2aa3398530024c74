"""Leaving a list by the link in its mails (RFC 8058): a GET only asks, a POST does it.

Mail programs and scanners follow links, so that opening one must change nothing. They post without cookies
and without a password.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from monitor.deliver.unsubscribe import PATH, Subscription
from monitor.errors import UsageError
from monitor.pipeline.subscriptions import is_unsubscribed, run_resubscribe, run_unsubscribe
from monitor.web.answers import Page, answer
from monitor.web.site import Here, Site

pages = APIRouter()


@pages.get(PATH + "{token}")
def ask(request: Request, site: Here, token: str) -> Response:
    """Ask whether to leave; changes nothing."""
    return answer(request, _page(site, _subscription(site, token)))


@pages.post(PATH + "{token}")
def leave(
    request: Request, site: Here, token: str, back: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """Leave the list, or come back to it."""
    subscription = _subscription(site, token)
    if not back:
        run_unsubscribe(site.store, subscription, site.clock)
    elif is_unsubscribed(site.store, subscription):
        run_resubscribe(site.store, subscription.recipient, subscription.list_name)
    return answer(request, _page(site, subscription))


def _subscription(site: Site, token: str) -> Subscription:
    if site.links is None:
        raise UsageError("links of mails are not served here: MONITOR_SECRET is not set")
    return site.links.subscription(token)


def _page(site: Site, subscription: Subscription) -> Page:
    data = {
        "list": subscription.list_name,
        "recipient": subscription.recipient,
        "unsubscribed": is_unsubscribed(site.store, subscription),
    }
    return Page("leave", data)
