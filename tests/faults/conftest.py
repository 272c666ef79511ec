"""One Podium for all fault tests, each of which leaves it working, and one feed to replay."""

import pytest

from tests.faults.invented_feed import write_feed
from tests.faults.replays import Feed
from tests.running import podium
from tests.web.conftest import browser, open_page, pages

__all__ = ["browser", "feed", "open_page", "pages", "podium"]


@pytest.fixture(scope="package")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Feed:
    path = tmp_path_factory.mktemp("feed") / "invented.ndjson"
    return Feed(path, write_feed(path))
