"""SIRET, RNA and VAT numbers as typed."""

import pytest

from marketplace.accounts import identifiers


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("73282932000074", "73282932000074"),
        ("732 829 320 00074", "73282932000074"),
        ("732 829 320 00074", "73282932000074"),  # no-break spaces, as copied from a page
        ("35600000000048", "35600000000048"),  # La Poste, head office: Luhn
        ("356 000 000 49837", "35600000049837"),  # La Poste, a post office: sum of digits a multiple of 5
    ],
)
def test_siret(typed, kept):
    assert identifiers.siret(typed) == kept


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("73282932000075", "checksum"),
        ("35600000000049", "checksum"),
        ("00000000000000", "checksum"),
        ("732829320", "length"),
        ("732829320000741", "length"),
        ("7328293200007O", "characters"),
        ("٧٣٢٨٢٩٣٢٠٠٠٠٧٤", "characters"),
        ("", "characters"),
    ],
)
def test_wrong_siret(typed, problem):
    with pytest.raises(identifiers.Wrong) as wrong:
        identifiers.siret(typed)
    assert wrong.value.problem == problem


@pytest.mark.parametrize("typed", ["W751234567", "w 75 1234567", "W2A1234567", "W9R1234567"])
def test_rna(typed):
    assert identifiers.rna(typed) == typed.replace(" ", "").upper()


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("751234567", "characters"), ("W75123456", "length"), ("W75123456X", "characters"), ("WXX1234567", "characters")],
)
def test_wrong_rna(typed, problem):
    with pytest.raises(identifiers.Wrong) as wrong:
        identifiers.rna(typed)
    assert wrong.value.problem == problem


def test_vat():
    assert identifiers.vat_number("fr 44 732829320") == "FR44732829320"
    assert identifiers.vat_number("BE 0403.019.261") == "BE0403019261"
    for typed, problem in [("FR45732829320", "checksum"), ("44732829320", "characters"), ("XX123456789", "checksum")]:
        with pytest.raises(identifiers.Wrong) as wrong:
            identifiers.vat_number(typed)
        assert wrong.value.problem == problem


def test_vat_belongs_to_the_siret():
    assert identifiers.vat_matches("FR44732829320", "73282932000074")
    assert not identifiers.vat_matches("FR44732829320", "35600000000048")
    assert identifiers.vat_matches("BE0403019261", "73282932000074")
    assert identifiers.vat_matches("FR44732829320", None)
