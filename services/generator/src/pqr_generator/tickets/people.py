"""Who may write: persons, attorneys, companies and nameless people by citizen number; which of them writes what."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, Words, chance, low, mixed, pick, words
from pqrs.catalogue import PQRS_TYPES, TOPICS
from pqrs.parameters import Parameters

__all__ = [
    "ATTORNEY", "BANDS", "CITIZENS", "COMPANY", "NAMED", "NAMELESS", "NAMELESS_PER_MILLE", "PERSON", "SENDERS",
    "SORT", "private_person", "suited", "writers",
]  # fmt: skip

CITIZENS = 250_000  # who may write; some write again
NAMED = CITIZENS - 10_000  # those after them do not say who they are
SENDERS = ("person", "attorney", "company", "anonymous")
PERSON, ATTORNEY, COMPANY, NAMELESS = range(len(SENDERS))
# How many of the named, from the first on, write how many of a thousand requests: a few write dozens of times in a
# quarter. Then how many of them are attorneys and how many companies, who come first. Assumption: the busiest
# hundredth of the senders writes a tenth of the requests, and every second or third of those is no private person.
BANDS = ((40, 70, 8, 12), (400, 60, 60, 100), (NAMED - 440, 870, 3_600, 12_000))
# Who complains or reports may fear for it. No source: 3 to 10 % overall and 20 to 40 % of reports are assumed.
NAMELESS_PER_MILLE = {
    "DENUNCIA": 300, "QUEJA": 150, "SUGERENCIA": 60, "PET_GEN": 50, "RECLAMO": 40, "CONSULTA": 40, "PET_INF": 40,
    "PET_PAR": 15, "FELICITACION": 100,
}  # fmt: skip
# What a company does not write, for want of a body, a household or a boss of its own; nor an attorney.
NOT_OF_COMPANIES = ("PET_GEN", "FELICITACION", "PET_AUT", "HD_CONSULTA", "HD_RECLAMO", "SALUD_V", "SALUD_P", "SALUD_S")
NOT_OF_ATTORNEYS = ("PET_GEN", "SUGERENCIA", "FELICITACION", "PET_AUT", "DENUNCIA", "SALUD_V")
OF_COMPANIES = (
    "IMPUESTO_PREDIAL", "INDUSTRIA_COMERCIO", "COMPARENDOS", "MALLA_VIAL", "ALUMBRADO_PUBLICO", "LICENCIAS_URBANISMO",
    "RECOLECCION_BASURAS", "RUIDO", "ARBOLADO", "SEGURIDAD", "ESPACIO_PUBLICO", "ATENCION_CIUDADANO",
    "CONCEPTO_JURIDICO", "PROYECTO_NORMA", "INSPECCION_VIGILANCIA", "PERMISOS_NACIONALES", "CONTRATACION",
    "PAGO_CONTRATISTAS", "DATOS_SECTOR", "PROYECTOS_INVERSION", "TRAMITES_EN_LINEA", "ORIENTACION", "CONSUMO_MEDIDO",
    "COBRO_PROMEDIO", "OTROS_COBROS", "MEDIDOR", "ACUERDOS_PAGO", "SUSPENSION", "DANOS_REDES", "CALIDAD_SERVICIO",
    "CONEXIONES", "ATENCION_USUARIO",
)  # fmt: skip


def _sorts() -> tuple[npt.NDArray[np.int8], Ints]:
    """By citizen: what sort of sender it is, and the private person of the same band who writes where it would not."""
    sort, deputy = np.full(CITIZENS, NAMELESS, np.int8), np.arange(CITIZENS)
    start = 0
    for people, _, attorneys, companies in BANDS:
        private, stop = start + attorneys + companies, start + people
        sort[start:stop] = PERSON
        sort[start : start + attorneys], sort[start + attorneys : private] = ATTORNEY, COMPANY
        deputy[start:private] = private + low(mixed(deputy[start:private], 1), stop - private)
        start = stop
    return sort, deputy


SORT, DEPUTY = _sorts()


def writers(drawn: Words) -> Ints:
    """The numbers of the named citizens who write, one per word: a band by its requests, and anyone in it."""
    sizes, requests = np.array(BANDS).T[:2]
    band = pick(drawn, requests)
    return np.asarray((np.cumsum(sizes) - sizes)[band] + low(drawn, sizes[band]))


def suited(parameters: Parameters, numbers: range, *, citizen: Ints, kind: Ints, topic: Ints) -> Ints:
    """Who writes each request in the end: what a company or an attorney would not, a person does; some give no name."""
    sort = SORT[citizen]
    is_public = np.isin(np.arange(len(TOPICS)), [place for place, t in enumerate(TOPICS) if t.code in OF_COMPANIES])
    declines = (sort == COMPANY) & (_is_of(NOT_OF_COMPANIES)[kind] | ~is_public[topic])
    declines |= (sort == ATTORNEY) & _is_of(NOT_OF_ATTORNEYS)[kind]
    named = np.where(declines, DEPUTY[citizen], citizen)
    drawn = words(parameters.seed, "ticket.nameless", numbers)
    rate = np.array([NAMELESS_PER_MILLE.get(code, 0) for code in PQRS_TYPES])
    is_nameless = (SORT[named] == PERSON) & chance(drawn, rate[kind], 1000)
    return np.where(is_nameless, NAMED + low(drawn, CITIZENS - NAMED), named)


def private_person(number: Ints, key: int) -> Ints:
    """One of the many who seldom write, by a number and a key."""
    start = NAMED - BANDS[-1][0] + sum(BANDS[-1][2:])
    return np.asarray(start + low(mixed(number, key), NAMED - start))


def _is_of(codes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    return np.isin(PQRS_TYPES, codes)
