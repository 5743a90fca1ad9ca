"""What a simulation is worth and how it is reckoned, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pqr_dashboard.figures import wording

__all__ = ["HOW", "planted"]

HOW = """
- **Cuota**: el buzón decide de antemano cuántas solicitudes se incumplen y las responde tarde aunque hubiera con quién
  responderlas. Con otro orden u otra capacidad la cola se recorre sin esa decisión, y por eso el cambio parece grande.
- **Llegadas**: las mismas, el mismo día y del mismo tipo. Traslados y archivos por desistimiento ocurren igual.
- **Términos**: el vencimiento se mueve tantos días hábiles como cambie el término; las prórrogas y suspensiones
  conservan su duración.
- **Capacidad**: las solicitudes sin responder forman una sola cola. Cada día se responden tantas como permita la
  capacidad: un porcentaje de las que se respondieron ese día, o un número fijo cada día hábil. Lo que sobra un día no
  se guarda para otro, y una solicitud puede responderse desde el día en que llega.
- **Orden**: el de la entidad conserva el turno en que respondió (lo que nunca respondió va al final, por fecha de
  vencimiento); la alternativa atiende primero lo que vence antes, también lo ya vencido.
- **Lo que venía de antes**: la ventana empieza con las solicitudes que ya esperaban; una que nadie responde sale de la
  cola a los 140 días de llegar, cuando su hilo deja de recibir correo.
- **Incumplimiento**: se cuenta como en el resto del tablero: respondidas después del vencimiento o vencidas sin
  respuesta, entre las solicitudes cuyo término terminó dentro de la ventana.
"""


def planted(parameters: Mapping[str, Any]) -> str:
    """What the result is worth, since the inbox itself is made."""
    quota = wording.percent(parameters.get("breach_rate"))
    return (
        f"En este buzón simulado los incumplimientos se plantaron por cuota ({quota} de lo que llega en cada "
        "trimestre): no nacen de que falte capacidad ni del orden en que se responde. Lo que aquí mejora o empeora es "
        "la aritmética de la misma cola sin esa cuota, no un pronóstico de lo que lograría una entidad."
    )
