import threading
from collections.abc import Sequence

import pytest

from widget_host.kit import behind
from widget_host.kit.behind import Behind


class Book:
    """Keeps numbers, unless it is closed."""

    def __init__(self) -> None:
        self.pages: list[list[int]] = []
        self.is_closed = False
        self.written = threading.Event()

    def keep(self, numbers: Sequence[int]) -> None:
        if self.is_closed:
            raise OSError("the book is closed")
        self.pages.append(list(numbers))
        self.written.set()


class TestFlush:
    def test_keeps_all_at_once_in_the_order_they_came(self, book: Book, kept: Behind[int]) -> None:
        for number in range(3):
            kept.put(number)
        kept.flush()
        kept.flush()
        assert book.pages == [[0, 1, 2]]

    def test_keeps_no_more_at_once_than_it_may(
        self, book: Book, kept: Behind[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(behind, "AT_ONCE", 2)
        for number in range(5):
            kept.put(number)
        kept.flush()
        assert book.pages == [[0, 1], [2, 3], [4]]

    def test_keeps_later_what_could_not_be_kept(self, book: Book, kept: Behind[int]) -> None:
        book.is_closed = True
        kept.put(1)
        kept.flush()
        kept.put(2)
        book.is_closed = False
        kept.flush()
        assert book.pages == [[1, 2]]

    def test_lets_go_of_the_oldest_alone_where_too_much_waits(
        self, book: Book, kept: Behind[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(behind, "MOST", 3)
        book.is_closed = True
        for number in range(5):
            kept.put(number)
            kept.flush()
        book.is_closed = False
        kept.flush()
        assert book.pages == [[2, 3, 4]]

    def test_lets_go_of_nothing_that_is_being_kept(
        self, book: Book, kept: Behind[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(behind, "MOST", 2)
        real = book.keep

        def keep(numbers: Sequence[int]) -> None:
            if not book.pages:
                kept.put(3)
            real(numbers)

        monkeypatch.setattr(kept, "_keep", keep)
        kept.put(1)
        kept.put(2)
        kept.flush()
        kept.flush()
        assert book.pages == [[1, 2], [3]]

    def test_leaves_what_comes_meanwhile_for_half_a_second_later(
        self, book: Book, kept: Behind[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = book.keep

        def keep(numbers: Sequence[int]) -> None:
            kept.put(numbers[-1] + 1)
            real(numbers)

        monkeypatch.setattr(kept, "_keep", keep)
        kept.put(1)
        kept.flush()
        assert book.pages == [[1]]
        monkeypatch.setattr(kept, "_keep", real)
        assert kept._timer is not None
        kept._timer.join(10)
        assert book.pages == [[1], [2]]


class TestPut:
    def test_is_kept_soon_though_nobody_asks(
        self, book: Book, kept: Behind[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(behind, "AFTER_SECONDS", 0.01)
        for number in range(2):
            book.written.clear()
            kept.put(number)
            assert book.written.wait(10)
        assert book.pages == [[0], [1]]

    def test_is_tried_again_though_nobody_asks(
        self, book: Book, kept: Behind[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(behind, "AFTER_SECONDS", 0.01)
        book.is_closed = True
        kept.put(1)
        kept.flush()
        book.is_closed = False
        assert book.written.wait(10)
        assert book.pages == [[1]]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def kept(book: Book) -> Behind[int]:
    return Behind(book.keep)
