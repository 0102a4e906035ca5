"""The bank's page and the widget in it, by the names and roles that people and screen readers find them by."""

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect

AMIRA_HAS = "$1,250.00"
FRAME = 'iframe[title="Exchange for points"]'
# A form that htmx has begun to drive: all scripts are there then, those that listen to the host too.
DRIVEN = "form[data-htmx-powered]"


class BankPage:
    """Northwind Bank, where Amira Haddad has $1,250.00."""

    def __init__(self, page: Page, url: str, *, has_scripts: bool = True) -> None:
        self.page = page
        self._url = url
        self._has_scripts = has_scripts

    def open(self, *, at_once: bool = False) -> "Widget":
        """Go to the bank's page, and return the widget in it once its scripts are there, or `at_once`."""
        self.page.goto(self._url)
        widget = Widget(self.page)
        if self._has_scripts and not at_once:
            widget.listens()
        return widget

    @property
    def balance(self) -> Locator:
        """What the account holds."""
        return self.page.get_by_role("region", name="Everyday account")

    @property
    def purchases(self) -> Locator:
        """The purchases that a webhook confirmed."""
        return self.page.get_by_role("region", name="Points purchases").get_by_role("listitem")

    @property
    def webhooks(self) -> Locator:
        """The events that arrived."""
        return self.page.get_by_role("region", name="Webhooks received").get_by_role("listitem")


class DeliveriesPage:
    """The bank's page on webhooks."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = f"{url}/deliveries"
        log = page.get_by_role("region", name="What Widget Host did")
        self.newest = log.locator(".rows > li").first
        self.arrivals = page.get_by_role("region", name="What the bank saw").get_by_role("listitem")

    def open(self) -> None:
        """Go to the page."""
        self.page.goto(self._url)

    def choose(self, trouble: str) -> None:
        """Break the receiver, or mend it."""
        button = self.page.get_by_role("button", name=trouble)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")


class CardPage:
    """The card's page of the same bank, and the Multibrand widget in its frame."""

    def __init__(self, page: Page, url: str, customer: str, *, has_scripts: bool = True) -> None:
        self.page = page
        self._has_scripts = has_scripts
        self._url = f"{url}/card?customer={customer}"
        self.inside = page.frame_locator('iframe[title="Your rewards"]')
        self.sum = self.inside.locator("#sum")
        self.saved = self.inside.get_by_role("heading", name="Your rewards are saved")

    def open(self) -> "CardPage":
        """Go to the card's page, with a new widget in it, and wait for its scripts."""
        self.page.goto(self._url)
        if self._has_scripts:
            expect(self.inside.locator(DRIVEN).first).to_be_attached()
        return self

    @property
    def linked(self) -> Locator:
        """The programs that the bank itself knows of."""
        return self.page.get_by_role("region", name="Your rewards in our books").get_by_role("listitem")

    def percent(self, program: str) -> Locator:
        """The field with the program's percent."""
        return self.inside.get_by_role("textbox", name=f"{program}, percent")

    def press(self, button: str) -> None:
        """Press a button of the widget."""
        self.inside.get_by_role("button", name=button, exact=True).click()

    def add(self, program: str, label: str, member: str) -> None:
        """Add a program from the list."""
        self.press("Add a program")
        self.inside.get_by_role("button", name=program).click()
        self.inside.get_by_role("textbox", name=label).fill(member)
        self.press("Add program")
        expect(self.percent(program)).to_have_value("0")


class Widget:
    """The Purchase widget in its frame."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.inside: FrameLocator = page.frame_locator(FRAME)
        self.amount = self.inside.get_by_role("textbox", name="Amount")
        self.member = self.inside.get_by_role("textbox", name="Aurora Club number")
        self.preview = self.inside.get_by_role("status")
        self.to_review = self.inside.get_by_role("button", name="Review exchange")
        self.to_confirm = self.inside.get_by_role("button", name="Confirm exchange")
        self.review = self.inside.get_by_role("heading", name="Review your exchange")
        self.done = self.inside.get_by_role("heading", name="Exchange complete")

    @property
    def frame(self) -> Frame:
        """The frame itself, for what is not on the screen."""
        element = self._page.locator(FRAME).element_handle()
        frame = element.content_frame()
        assert frame is not None
        return frame

    def listens(self) -> None:
        """Wait until the widget hears what its host says."""
        expect(self.inside.locator(DRIVEN).first).to_be_attached()

    @property
    def launch_token(self) -> str:
        """The token that the bank's page was given for the frame."""
        address = self._page.locator(FRAME).get_attribute("src")
        assert address is not None
        return address.partition("token=")[2]

    def fill(self, amount: str, member: str = "AC12345678") -> None:
        """Say how much, and for whom; Aurora Club is chosen at first."""
        self.amount.fill(amount)
        self.member.fill(member)

    def go_to_review(self, amount: str) -> None:
        """Fill in the first step and go on."""
        self.fill(amount)
        self.to_review.click()
        expect(self.review).to_be_visible()

    def under_finger(self, button: Locator) -> tuple[float, float]:
        """Return where the button of a new step is once that has stopped moving: the frame is given its height late."""
        asked = self.frame.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
        expect(self._page.locator(FRAME)).to_have_css("height", f"{asked}px")
        button.tap(trial=True)
        box = button.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def buy(self, amount: str) -> None:
        """Buy points, from the first step to the receipt."""
        self.go_to_review(amount)
        self.to_confirm.click()
        expect(self.done).to_be_visible()
