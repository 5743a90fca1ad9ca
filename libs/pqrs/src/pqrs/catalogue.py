"""The codes everybody shares: types of PQRS, entities, their dependencies, topics with the dependency that owns them,
departments.

Names are Spanish because citizens read them; codes are what tables hold. All kinds of entity are in here, and no code
is two's: a scenario weighs the topics of one entity, from which its dependencies and its name follow.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CONTROL_BODIES", "DEPARTMENTS", "DEPENDENCIES", "ENTITIES", "PQRS_TYPES", "TOPICS", "Entity", "Topic"]

# Ley 1755 of 2015, and how entities commonly file the rest; then what other laws add (see data/sla_policies.csv).
PQRS_TYPES: tuple[str, ...] = (
    "PET_GEN", "PET_PAR", "PET_INF", "PET_DOC", "CONSULTA", "QUEJA", "RECLAMO", "SUGERENCIA", "DENUNCIA",
    "FELICITACION", "PET_AUT", "HD_CONSULTA", "HD_RECLAMO", "SPD", "SPD_REC", "SALUD_V", "SALUD_P", "SALUD_S",
)  # fmt: skip

# Whom citizens send copies to, and their mailboxes.
CONTROL_BODIES: dict[str, str] = {
    "Personería Municipal": "personeria@control.example",
    "Procuraduría General de la Nación": "procuraduria@control.example",
    "Contraloría": "contraloria@control.example",
    "Defensoría del Pueblo": "defensoria@control.example",
    "Superintendencia": "superintendencia@control.example",
}


@dataclass(frozen=True, slots=True)
class Topic:
    code: str
    name: str
    dependency: str


@dataclass(frozen=True, slots=True)
class Entity:
    """Whom citizens write to; the domain is reserved (RFC 6761)."""

    name: str
    domain: str


# By the first digit of their dependencies.
ENTITIES: dict[str, Entity] = {
    "1": Entity("Alcaldía de Ejemplo", "alcaldia.test"),
    "2": Entity("Ministerio de Ejemplo", "ministerio.test"),
    "3": Entity("EPS de Ejemplo", "eps.test"),
    "4": Entity("Empresa de Servicios Públicos de Ejemplo", "servicios.test"),
}

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
    "201": "Oficina Asesora Jurídica",
    "202": "Dirección de Programas Sociales",
    "203": "Dirección de Inspección y Vigilancia",
    "204": "Subdirección de Contratación",
    "205": "Subdirección de Talento Humano",
    "206": "Oficina de Planeación y Estudios",
    "207": "Oficina de Tecnologías de la Información",
    "208": "Grupo de Relación con el Ciudadano",
    "301": "Dirección de Autorizaciones",
    "302": "Gestión de Citas",
    "303": "Gestión Farmacéutica",
    "304": "Afiliaciones y Aportes",
    "305": "Prestaciones Económicas",
    "306": "Red de Prestadores",
    "307": "Archivo Clínico y Datos Personales",
    "308": "Oficina de Atención al Afiliado",
    "401": "Dirección de Facturación",
    "402": "Medición y Revisiones",
    "403": "Cartera",
    "404": "Operación y Mantenimiento",
    "405": "Nuevas Conexiones",
    "406": "Subsidios y Estratificación",
    "407": "Oficina de Peticiones, Quejas y Recursos",
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
    Topic("CONCEPTO_JURIDICO", "Concepto jurídico", "201"),
    Topic("PROYECTO_NORMA", "Proyectos de norma", "201"),
    Topic("SUBSIDIO_NACIONAL", "Subsidios del orden nacional", "202"),
    Topic("CONVOCATORIAS", "Convocatorias y becas", "202"),
    Topic("INSPECCION_VIGILANCIA", "Inspección y vigilancia", "203"),
    Topic("PERMISOS_NACIONALES", "Permisos y autorizaciones", "203"),
    Topic("CONTRATACION", "Procesos de contratación", "204"),
    Topic("PAGO_CONTRATISTAS", "Pagos a contratistas", "204"),
    Topic("CERTIFICACION_LABORAL", "Certificaciones laborales", "205"),
    Topic("HISTORIA_PENSIONAL", "Historia laboral para pensión", "205"),
    Topic("DATOS_SECTOR", "Datos y estadísticas del sector", "206"),
    Topic("PROYECTOS_INVERSION", "Proyectos de inversión", "206"),
    Topic("TRAMITES_EN_LINEA", "Trámites en línea", "207"),
    Topic("DATOS_PERSONALES", "Tratamiento de datos personales", "208"),
    Topic("ORIENTACION", "Orientación al ciudadano", "208"),
    Topic("AUTORIZACIONES", "Autorización de servicios de salud", "301"),
    Topic("CIRUGIAS", "Programación de cirugías", "301"),
    Topic("CITA_ESPECIALISTA", "Citas con especialista", "302"),
    Topic("CITA_GENERAL", "Citas de medicina general", "302"),
    Topic("MEDICAMENTOS", "Entrega de medicamentos", "303"),
    Topic("AFILIACION", "Afiliación y novedades", "304"),
    Topic("TRASLADO_EPS", "Traslado de EPS", "304"),
    Topic("INCAPACIDADES", "Incapacidades y licencias", "305"),
    Topic("REEMBOLSOS", "Reembolso de gastos médicos", "305"),
    Topic("URGENCIAS", "Atención de urgencias", "306"),
    Topic("TRANSPORTE_PACIENTES", "Transporte de pacientes", "306"),
    Topic("HISTORIA_CLINICA", "Copia de la historia clínica", "307"),
    Topic("DATOS_AFILIADO", "Datos personales del afiliado", "307"),
    Topic("ATENCION_AFILIADO", "Atención al afiliado", "308"),
    Topic("CONSUMO_MEDIDO", "Cobro por consumo medido", "401"),
    Topic("COBRO_PROMEDIO", "Cobro por promedio", "401"),
    Topic("OTROS_COBROS", "Cobro de otros conceptos", "401"),
    Topic("MEDIDOR", "Medidor y revisión de la instalación", "402"),
    Topic("ACUERDOS_PAGO", "Acuerdos de pago", "403"),
    Topic("SUSPENSION", "Suspensión y reconexión", "403"),
    Topic("INTERRUPCIONES", "Interrupciones del servicio", "404"),
    Topic("DANOS_REDES", "Daños en redes", "404"),
    Topic("CALIDAD_SERVICIO", "Calidad del servicio", "404"),
    Topic("CONEXIONES", "Nuevas conexiones", "405"),
    Topic("ESTRATO", "Estrato y subsidio de la factura", "406"),
    Topic("DATOS_USUARIO", "Datos personales del usuario", "407"),
    Topic("ATENCION_USUARIO", "Atención al usuario", "407"),
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
