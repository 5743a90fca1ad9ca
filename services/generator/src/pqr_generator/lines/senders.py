"""Who writes, as the body shows it: in what capacity, how the entity addresses it, the signature with its document."""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import Ints, mixed, quarter
from pqr_generator.lines import headers
from pqr_generator.lines.press import Sheet
from pqr_generator.tickets.citizens import is_woman
from pqr_generator.tickets.people import ATTORNEY, COMPANY, NAMELESS, PERSON, SORT, private_person

__all__ = ["address", "introduce", "sign"]

FOREIGN = 1_311  # citizens with an identity card for foreigners, of 65,536: assumption
NIT_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41)  # of the digits from the last to the first: DIAN, modulo 11


def address(sheet: Sheet, rows: Ints) -> None:
    """Whom a letter of the entity is to: by name, as a company, or as a citizen whose name nobody knows."""
    headers.name(sheet, "dear", rows)
    sort = SORT[sheet.mails.citizen]
    sheet.put("greeting", sheet.at["addressee"], rows[sort[rows] == COMPANY])
    sheet.put("dear.given", sheet.at["addressee"] + 1, rows[sort[rows] == NAMELESS])


def introduce(sheet: Sheet, requests: Ints) -> None:
    """In what capacity a request is written by anybody but a person for itself."""
    rows = requests[SORT[sheet.mails.citizen[requests]] != PERSON]
    citizen, bits = sheet.mails.citizen[rows], mixed(sheet.mails.look[rows], 2)
    sort = SORT[citizen]
    capacity = np.where(sort == ATTORNEY, is_woman(sheet.town.given[citizen]), sort)
    sheet.choose("capacity", capacity, quarter(bits, 0), where=rows)
    sheet.put("client.end", sheet.choices["client_end"].pick(capacity, quarter(bits, 1)), rows)
    for_client, for_itself = rows[sort == ATTORNEY], rows[sort == COMPANY]
    headers.name(sheet, "client", for_client, of=private_person(sheet.mails.ticket[for_client], 1))
    headers.name(sheet, "client", for_itself)


def sign(sheet: Sheet, rows: Ints) -> None:
    """Name, document and home; the nameless give neither document nor home, attorneys show their card."""
    headers.name(sheet, "name", rows)
    rows = rows[SORT[sheet.mails.citizen[rows]] != NAMELESS]
    citizen = sheet.mails.citizen[rows]
    sort, number = SORT[citizen], sheet.town.document[citizen].astype(np.int64)
    is_company = sort == COMPANY
    foreign = (quarter(mixed(citizen, 3), 0) < FOREIGN) & (sort == PERSON)
    sheet.put("document", sheet.at["document"] + np.where(is_company, 2, foreign), rows)
    high, low = np.divmod(number, 10_000)
    tail = number % 1_000_000
    sheet.put("document.high", sheet.at["digits3"] + np.where(is_company, tail // 1_000, high), rows)
    last = np.where(is_company, sheet.at["digits3"] + tail % 1_000, sheet.at["digits4"] + low)
    sheet.put("document.low", last, rows)
    ends = np.where(is_company, sheet.at["marked"] + 1 + _check_digit(999_000_000 + tail), sheet.at["marked"])
    sheet.put("document.end", np.where(sort == ATTORNEY, sheet.at["card"] + number % 1_000, ends), rows)
    sheet.put("home", sheet.at["home"] + sheet.town.municipality[citizen], rows)


def _check_digit(number: Ints) -> Ints:
    """Of a NIT of nine digits."""
    digits = number[:, None] // 10 ** np.arange(len(NIT_WEIGHTS)) % 10
    rest = digits @ np.array(NIT_WEIGHTS) % 11
    return np.asarray(np.where(rest > 1, 11 - rest, rest))
