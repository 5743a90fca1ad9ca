"""The codes everybody shares: types of PQRS, topics with the dependency that owns them, departments.

Names are Spanish because citizens read them; codes are what tables hold.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEPARTMENTS", "DEPENDENCIES", "PQRS_TYPES", "TOPICS", "Topic"]

# Ley 1755 of 2015, and how entities commonly file the rest (see data/sla_policies.csv).
PQRS_TYPES: tuple[str, ...] = (
    "PET_GEN",
    "PET_PAR",
    "PET_INF",
    "PET_DOC",
    "CONSULTA",
    "QUEJA",
    "RECLAMO",
    "SUGERENCIA",
    "DENUNCIA",
    "FELICITACION",
)


@dataclass(frozen=True, slots=True)
class Topic:
    code: str
    name: str
    dependency: str


DEPENDENCIES: dict[str, str] = {
    "101": "Secretaría de Hacienda",
    "102": "Secretaría de Movilidad",
    "103": "Secretaría de Infraestructura",
    "104": "Secretaría de Salud",
    "105": "Secretaría de Educación",
    "106": "Secretaría de Planeación",
    "107": "Secretaría de Ambiente",
    "108": "Secretaría de Gobierno",
    "109": "Secretaría de Desarrollo Social",
    "110": "Oficina de Servicio al Ciudadano",
}

TOPICS: tuple[Topic, ...] = (
    Topic("IMPUESTO_PREDIAL", "Impuesto predial", "101"),
    Topic("INDUSTRIA_COMERCIO", "Impuesto de industria y comercio", "101"),
    Topic("COMPARENDOS", "Comparendos de tránsito", "102"),
    Topic("TRANSPORTE_PUBLICO", "Transporte público", "102"),
    Topic("MALLA_VIAL", "Estado de la malla vial", "103"),
    Topic("ALUMBRADO_PUBLICO", "Alumbrado público", "103"),
    Topic("CITAS_MEDICAS", "Asignación de citas médicas", "104"),
    Topic("VACUNACION", "Jornadas de vacunación", "104"),
    Topic("CUPOS_ESCOLARES", "Cupos escolares", "105"),
    Topic("ALIMENTACION_ESCOLAR", "Alimentación escolar", "105"),
    Topic("LICENCIAS_URBANISMO", "Licencias de urbanismo", "106"),
    Topic("SISBEN", "Encuesta del Sisbén", "106"),
    Topic("RECOLECCION_BASURAS", "Recolección de basuras", "107"),
    Topic("RUIDO", "Contaminación por ruido", "107"),
    Topic("ARBOLADO", "Poda y tala de árboles", "107"),
    Topic("SEGURIDAD", "Seguridad y convivencia", "108"),
    Topic("ESPACIO_PUBLICO", "Ocupación del espacio público", "108"),
    Topic("SUBSIDIOS", "Subsidios y ayudas sociales", "109"),
    Topic("ADULTO_MAYOR", "Programa de adulto mayor", "109"),
    Topic("CERTIFICADOS", "Expedición de certificados", "110"),
    Topic("ATENCION_CIUDADANO", "Atención en ventanilla", "110"),
)

DEPARTMENTS: tuple[str, ...] = (
    "Amazonas",
    "Antioquia",
    "Arauca",
    "Atlántico",
    "Bogotá D.C.",
    "Bolívar",
    "Boyacá",
    "Caldas",
    "Caquetá",
    "Casanare",
    "Cauca",
    "Cesar",
    "Chocó",
    "Córdoba",
    "Cundinamarca",
    "Guainía",
    "Guaviare",
    "Huila",
    "La Guajira",
    "Magdalena",
    "Meta",
    "Nariño",
    "Norte de Santander",
    "Putumayo",
    "Quindío",
    "Risaralda",
    "San Andrés y Providencia",
    "Santander",
    "Sucre",
    "Tolima",
    "Valle del Cauca",
    "Vaupés",
    "Vichada",
)
