"""How mails word what citizens and the entity do: the texts that writer and reader must agree on to the letter."""

from __future__ import annotations

__all__ = [
    "ACCESS_DENIED", "BEFORE_TOPIC", "COPY", "DECISION", "DEPENDENCY", "EXTENSION", "HOME", "MAILER_DAEMON", "PRIORITY",
    "RADICADO", "RADICADO_DIGITS", "RADICADO_TAG", "REITERATED", "REQUEST_SUBJECTS", "SUBJECTS", "TOPIC", "TYPE",
]  # fmt: skip

# How a request's subject begins, by type; after ` - ` follows the name of its topic.
REQUEST_SUBJECTS: dict[str, str] = {
    "PET_GEN": "Petición de interés general",
    "PET_PAR": "Petición de interés particular",
    "PET_INF": "Solicitud de información",
    "PET_DOC": "Solicitud de copias",
    "CONSULTA": "Consulta",
    "QUEJA": "Queja",
    "RECLAMO": "Reclamo",
    "SUGERENCIA": "Sugerencia",
    "DENUNCIA": "Denuncia",
    "FELICITACION": "Felicitación",
    "PET_AUT": "Petición entre autoridades",
    "HD_CONSULTA": "Consulta de datos personales",
    "HD_RECLAMO": "Reclamo de datos personales",
    "SPD": "Reclamación por servicios públicos",
    "SPD_REC": "Recurso de reposición",
    "SALUD_V": "Reclamo en salud con riesgo vital",
    "SALUD_P": "Reclamo en salud con riesgo priorizado",
    "SALUD_S": "Reclamo en salud",
}
BEFORE_TOPIC = " - "

# How the subject of every other step begins, by kind; after `[Radicado ` follow the digits of the radicado.
SUBJECTS: dict[str, str] = {
    "acknowledgement": "Acuse de recibo",
    "transfer": "Traslado por competencia",
    "completion_request": "Requerimiento para completar la petición",
    "completion": "Re: Requerimiento para completar la petición",
    "extension": "Prórroga del término",
    "progress": "Avance del trámite",
    "answer": "Respuesta de fondo",
    "archive": "Archivo por desistimiento tácito",
    "insistence": "Re: Acuse de recibo",
    "reopening": "Re: Respuesta de fondo",
    "annulment": "Anulación de radicado",
    "silence": "Silencio administrativo positivo",
    "tutela": "Notificación de acción de tutela",
}
RADICADO_TAG = "[Radicado "
RADICADO_DIGITS = 14  # the year, three of the dependency, six of the sequence, and a 2 for what came in

# How the lines of a body begin that state a fact.
RADICADO, TYPE, TOPIC, DEPENDENCY, PRIORITY = "Radicado: ", "Tipo: ", "Tema: ", "Dependencia: ", "Prioridad: "
EXTENSION = "Prórroga: "  # and a number of business days
DECISION = "Decisión: "
ACCESS_DENIED = "acceso negado"  # the decision that keeps back what was asked for
REITERATED = "petición reiterada"  # the one that refers to an earlier answer
COPY = "Con copia a: "  # and the control body that a request also goes to
HOME = "Municipio: "  # of the citizen, and the department in brackets

MAILER_DAEMON = "mailer-daemon@"  # who sends back what could not be delivered
