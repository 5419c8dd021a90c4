"""The bytes of a batch: pieces that grow with care, and what is too much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.data.budget import FIRST_PIECE, Budget, TooManyBytesError, weight
from migrator.data.declaring import check_batch_bytes
from migrator.data.sizer import first_sizer
from migrator.errors import ConfigurationError


@pytest.mark.parametrize(
    ("value", "bytes_"),
    [("abc", 3), (b"\0" * 9, 9), (None, 0), (7, 16), ({"a": "bcd"}, 4), (["ab", [b"c"]], 3), (("x", None), 1)],
)
def test_a_value_weighs_what_it_holds(value: object, bytes_: int) -> None:
    assert weight(value) == bytes_


def read_in_pieces(widths: list[int], budget: Budget) -> tuple[int, int]:
    """As a batch reads its rows: how many were read, and the bytes of the largest piece."""
    piece, at, total, largest = 0, 0, 0, 0
    while at < len(widths):
        piece = budget.piece(piece)
        rows = [("x" * width,) for width in widths[at : at + piece]]
        took = budget.took(rows)
        largest, total, at = max(largest, took), total + took, at + len(rows)
        budget.refuse(total, at, len(widths))
    return at, largest


@given(widths=st.lists(st.integers(0, 400), min_size=1, max_size=60), most=st.integers(1, 3000))
def test_a_batch_ends_up_within_its_bytes_or_as_a_single_row(widths: list[int], most: int) -> None:
    budget, left = Budget(most=most), len(widths)
    while True:
        try:
            read_in_pieces(widths[:left], budget)
            break
        except TooManyBytesError as error:
            fewer = error.fits
        assert 1 <= fewer < left
        left = fewer
    assert sum(widths[:left]) <= most or left == 1


def test_rows_of_a_known_width_are_read_at_once_and_wide_ones_piece_by_piece() -> None:
    budget = Budget(most=80_000)
    assert budget.piece(0) == FIRST_PIECE
    assert read_in_pieces([10] * 500, budget)[0] == 500
    assert budget.piece(0) == 1000
    read, largest = read_in_pieces([1000] * 70, Budget(most=80_000))
    assert (read, largest) == (70, 10_000)


def test_a_sizer_keeps_to_what_fits_and_grows_again_with_care() -> None:
    sizer = first_sizer(most=10_000, learned=5_000).fitting(40)
    assert (sizer.size, sizer.starting) == (40, False)
    assert first_sizer(most=10_000).bounded(7).size == 7


@pytest.mark.parametrize("given_", [0, -1, 1.5, True, "64MB", None])
def test_what_is_no_number_of_bytes_is_refused(given_: object) -> None:
    with pytest.raises(ConfigurationError, match="batch_bytes"):
        check_batch_bytes("x", given_)
