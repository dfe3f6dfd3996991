"""Windows of WebKitGTK, which has Safari's engine: one for each person, on a screen nobody sees.

Playwright steers a WebKit of its own only, which comes in no package. What Debian has is steered by
WebDriver, in fewer words: what a person sees, clicks and types.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from selenium.webdriver import Remote, WebKitGTKOptions
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.service import Service

from tests.support.browser import artefacts
from tests.support.timing import scaled

DRIVER: Final = "WebKitWebDriver"
BROWSERS: Final = (
    "/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
    "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
)
NEEDS: Final = "apt-get install webkit2gtk-driver xvfb"

# The elements of a selector that can be seen: a person who points at their middle points at them.
SEEN: Final = """
const [selector, text] = arguments;
return [...document.querySelectorAll(selector)].find((element) => {
  const said = [element.ariaLabel, element.value, element.textContent].join(' ');
  if (!said.includes(text)) return false;
  const { left, top, width, height } = element.getBoundingClientRect();
  const at = document.elementFromPoint(left + width / 2, top + height / 2);
  return element.contains(at);
}) ?? null;
"""
# What goes wrong from now on, in the page and by its policy.
WATCH: Final = """
window.problems = [];
addEventListener('error', (event) => problems.push(`uncaught: ${event.message}`));
addEventListener('unhandledrejection', (event) => problems.push(`uncaught: ${event.reason}`));
addEventListener('securitypolicyviolation', (event) =>
  problems.push(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`));
const { error } = console;
console.error = (...words) => { problems.push(`console: ${words.join(' ')}`); error(...words); };
"""


class Window:
    """One person's window."""

    def __init__(self, driver: Remote) -> None:
        self.driver = driver

    def go(self, url: str) -> None:
        """Load a page there."""
        self.driver.get(url)
        self.driver.execute_script(WATCH)

    def resize(self, width: int, height: int) -> None:
        """Give the page this size, whatever the window has around it."""
        self.driver.set_window_size(width, height)
        high = self.run("return innerHeight")
        self.driver.set_window_size(width, 2 * height - high)
        size = self.run("return [innerWidth, innerHeight]")
        assert size == [width, height], f"the page has {size}"

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script and return what it does."""
        return self.driver.execute_script(script, *arguments)

    def until(self, holds: Any, what: str) -> Any:
        """Wait until it holds; return what it gave."""
        wait = WebDriverWait(self.driver, scaled(15), poll_frequency=0.05)
        return wait.until(lambda _: holds(), f"never: {what}")

    def sees(self, selector: str, text: str = "") -> WebElement:
        """Wait until such an element with this text can be seen, and return it."""
        found = self.until(lambda: self.run(SEEN, selector, text), f"{selector} {text}")
        assert isinstance(found, WebElement)
        return found

    def sees_no(self, selector: str, text: str = "") -> None:
        """Wait until there is nothing such to be seen."""
        self.until(lambda: self.run(SEEN, selector, text) is None, f"no {selector} {text}")

    def click(self, selector: str, text: str = "") -> None:
        """Click on what can be seen."""
        self.sees(selector, text).click()

    def point_at(self, selector: str, text: str = "") -> None:
        """Let the pointer rest on what can be seen."""
        found = self.sees(selector, text)
        # One that has not moved points at nothing new.
        ActionChains(self.driver).move_by_offset(1, 1).move_to_element(found).perform()

    def press(self, *keys: str) -> None:
        """Press keys at once, and let them go."""
        chain = ActionChains(self.driver)
        for key in keys:
            chain.key_down(key)
        for key in reversed(keys):
            chain.key_up(key)
        chain.perform()

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        ActionChains(self.driver).send_keys(text).perform()

    @property
    def problems(self) -> list[str]:
        """What went wrong since the page was loaded."""
        return list(self.run("return window.problems"))


def _find() -> tuple[str, str]:
    driver = shutil.which(DRIVER)
    browser = next((str(path) for each in BROWSERS for path in Path("/").glob(each[1:])), None)
    if driver is None or browser is None or shutil.which("Xvfb") is None:
        pytest.fail(f"There is no WebKit to test with (Debian: {NEEDS})", pytrace=False)
    return driver, browser


@contextmanager
def screen() -> Iterator[str]:
    """Have a screen that nobody sees; its name."""
    reads, writes = os.pipe()
    size = ["-screen", "0", "1600x1200x24"]
    command = ["Xvfb", "-displayfd", str(writes), *size, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writes], stderr=subprocess.DEVNULL) as process:
        os.close(writes)
        try:
            with os.fdopen(reads) as told:
                yield f":{told.readline().strip()}"
        finally:
            process.terminate()


class Windows:
    """Opens windows for a test, and keeps a picture of each when it fails."""

    def __init__(self, display: str, stack: ExitStack) -> None:
        self._display, self._stack = display, stack
        self.opened: list[Window] = []

    def open(self, url: str, width: int = 1280, height: int = 800) -> Window:
        """Open one of this size, for somebody who was never here."""
        driver_path, browser_path = _find()
        options = WebKitGTKOptions()
        options.binary_location = browser_path
        options.add_argument("--automation")
        service = Service(driver_path, env=os.environ | {"DISPLAY": self._display})
        service.start()
        self._stack.callback(service.stop)
        # Selenium's own class for it warns of how it is written.
        asked = RemoteConnection(client_config=ClientConfig(service.service_url))
        driver = Remote(asked, options=options)
        self._stack.callback(driver.quit)
        window = Window(driver)
        self.opened.append(window)
        window.resize(width, height)
        window.go(url)
        return window

    def keep(self, name: str) -> None:
        """Keep pictures of what is there."""
        for number, window in enumerate(self.opened, 1):
            window.driver.save_screenshot(str(artefacts() / f"{name}-webkit-{number}.png"))
