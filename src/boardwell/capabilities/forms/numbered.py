"""Numbers that carry check digits or a country's form: telephone, IBAN and tax numbers; pure."""

from functools import lru_cache
from importlib import import_module
from typing import Any

TAX_NUMBERS: dict[str, tuple[str, ...]] = {
    "AR": ("ar.cuit",), "AT": ("at.uid", "at.tin"), "AU": ("au.abn", "au.tfn"), "AZ": ("az.voen",), "BE": ("be.vat", "be.nn"), "BG": ("bg.vat",),
    "BR": ("br.cnpj", "br.cpf"), "BY": ("by.unp",), "CA": ("ca.bn", "ca.sin"), "CH": ("ch.uid", "ch.vat"), "CL": ("cl.rut",), "CN": ("cn.uscc",),
    "CO": ("co.nit",), "CY": ("cy.vat",), "CZ": ("cz.dic",), "DE": ("de.vat", "de.idnr", "de.stnr"), "DK": ("dk.cvr", "dk.cpr"), "DZ": ("dz.nif",),
    "EE": ("ee.kmkr", "ee.registrikood"), "EG": ("eg.tn",), "ES": ("es.nif",), "FI": ("fi.alv", "fi.ytunnus"), "FR": ("fr.tva", "fr.siren", "fr.nif"),
    "GB": ("gb.vat", "gb.utr"), "GR": ("gr.vat",), "HR": ("hr.oib",), "HU": ("hu.anum",), "ID": ("id.npwp",), "IE": ("ie.vat", "ie.pps"), "IL": ("il.hp", "il.idnr"),
    "IN": ("in_.gstin", "in_.pan"), "IS": ("is_.vsk", "is_.kennitala"), "IT": ("it.iva", "it.codicefiscale"), "JP": ("jp.cn",), "KE": ("ke.pin",), "KR": ("kr.brn",),
    "LT": ("lt.pvm",), "LU": ("lu.tva",), "LV": ("lv.pvn",), "MA": ("ma.ice",), "MC": ("mc.tva",), "MT": ("mt.vat",), "MU": ("mu.nid",), "MX": ("mx.rfc",),
    "NL": ("nl.btw", "nl.bsn"), "NO": ("no.mva", "no.orgnr"), "NZ": ("nz.ird",), "PE": ("pe.ruc",), "PL": ("pl.nip",), "PT": ("pt.nif",), "PY": ("py.ruc",), "RO": ("ro.cf",),
    "RS": ("rs.pib",), "RU": ("ru.inn",), "SE": ("se.vat", "se.orgnr"), "SG": ("sg.uen",), "SI": ("si.ddv",), "SK": ("sk.dph",), "TH": ("th.tin",), "TR": ("tr.vkn", "tr.tckimlik"),
    "TW": ("tw.ubn",), "UA": ("ua.edrpou", "ua.rntrc"), "US": ("us.ein", "us.tin"), "UY": ("uy.rut",), "VE": ("ve.rif",), "VN": ("vn.mst",), "ZA": ("za.tin",),
}  # fmt: skip
"""Country to the modules of python-stdnum that know its tax numbers; what is valid in any of them is taken."""


class NumberError(ValueError):
    """A number that cannot be right; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@lru_cache
def _library(name: str) -> Any:
    """Loaded when first needed: the tables of the world's telephone numbers would cost every start a quarter of a second."""
    return import_module(name)


def phone(text: str, country: str = "") -> str:
    """The number as E.164, such as +97611123456. Without a leading + it is read as one of `country`."""
    phonenumbers = _library("phonenumbers")
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        raise NumberError("phone" if country or text.strip().startswith("+") else "phone_country") from None
    if not phonenumbers.is_possible_number(number):
        raise NumberError("phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def phone_in_words(value: str) -> str:
    """The number as people write it, with the country's code."""
    phonenumbers = _library("phonenumbers")
    try:
        return str(phonenumbers.format_number(phonenumbers.parse(value), phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    except phonenumbers.NumberParseException:
        return value


def bank_account(text: str) -> str:
    """The IBAN without spaces; length, check digits and the country's own structure are right."""
    try:
        return str(_library("stdnum.iban").validate(text))
    except _not_valid():
        raise NumberError("iban") from None


def bank_account_in_words(value: str) -> str:
    """In groups of four, as it stands on paper."""
    return " ".join(value[at : at + 4] for at in range(0, len(value), 4))


def tax_number(text: str, country: str) -> str:
    """The number without punctuation, with right check digits where the country's are known; else as typed."""
    modules = TAX_NUMBERS.get(country, ())
    for name in modules:
        try:
            return str(_library(f"stdnum.{name}").validate(text))
        except _not_valid():
            continue
    if modules:
        raise NumberError("tax_id")
    if not any(letter.isalnum() for letter in text):
        raise NumberError("tax_id")
    return text


def _not_valid() -> tuple[type[Exception], ...]:
    return (_library("stdnum.exceptions").ValidationError, UnicodeError)
