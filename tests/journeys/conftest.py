"""One Podium for all journeys."""

from tests.running import podium
from tests.web.conftest import browser, open_page, pages

__all__ = ["browser", "open_page", "pages", "podium"]
