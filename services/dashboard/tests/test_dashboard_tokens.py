"""Which tokens open the dashboard, and as whom."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest

from pqr_dashboard.access.tokens import Claims, Expired, Forged, NoRole, Verifier

SECRET = "of-the-tests-and-long-enough-for-every-one-of-the-hash-algorithms-of-hmac"
AUDIENCE, ISSUER = "authenticated", "http://auth.test"
VERIFIER = Verifier(SECRET, AUDIENCE, ISSUER)
LIFE = 86_400  # longer than any run of these tests, which make their tokens at its beginning


def claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    good = {
        "sub": "6f8c", "aud": AUDIENCE, "iss": ISSUER, "iat": now, "exp": now + LIFE, "email": "a@entidad.example",
        "role": "authenticated", "app_metadata": {"provider": "email", "role": "analyst"}, "user_metadata": {},
    }  # fmt: skip
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def token(secret: str = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    return jwt.encode(claims(**changes), secret, algorithm=algorithm)


def by_hand(header: dict[str, str], secret: bytes | None, **changes: object) -> str:
    """A token as no library would make it."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims(**changes))]
    text = b".".join(parts)
    signature = b"" if secret is None else hmac.digest(secret, text, hashlib.sha256)
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def test_a_token_of_auth_says_who_and_as_what():
    """The e-mail, the role of app_metadata, and until when."""
    given = token()
    expires_at = jwt.decode(given, options={"verify_signature": False})["exp"]
    assert VERIFIER.claims(given) == Claims("a@entidad.example", "analyst", expires_at)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(token("another-secret-that-is-long-enough-too"), id="signed with another secret"),
        pytest.param(token(algorithm="HS512"), id="signed with another algorithm of the same secret"),
        pytest.param(by_hand({"alg": "none", "typ": "JWT"}, None), id="signed by nobody"),
        pytest.param(by_hand({"alg": "None", "typ": "JWT"}, None), id="signed by nobody, spelled otherwise"),
        pytest.param(by_hand({"alg": "RS256", "typ": "JWT"}, SECRET.encode()), id="says RS256, signed with the secret"),
        pytest.param(by_hand({"alg": "HS256", "typ": "JWT"}, b""), id="signed with nothing"),
        pytest.param(token(aud="anon"), id="for another audience"),
        pytest.param(token(aud=...), id="for nobody"),
        pytest.param(token(iss="http://elsewhere.test"), id="by another issuer"),
        pytest.param(token(iss=...), id="by no issuer"),
        pytest.param(token(exp=...), id="for ever"),
        pytest.param(token(sub=...), id="of nobody"),
        pytest.param(token(iat=int(time.time()) + 3600), id="from the future"),
        pytest.param(token()[:-4], id="cut short"),
        pytest.param("", id="nothing"),
        pytest.param("a.b.c", id="no token at all"),
    ],
)
def test_what_is_not_proved_to_be_of_auth_opens_nothing(given):
    """The secret, the algorithm, the audience and the issuer are ours to say, never the token's."""
    with pytest.raises(Forged):
        VERIFIER.claims(given)


def test_a_changed_claim_breaks_the_signature():
    """Another role under the same signature is no token."""
    header, _, signature = token().split(".")
    changed = json.dumps(claims(app_metadata={"role": "operator"})).encode()
    with pytest.raises(Forged):
        VERIFIER.claims(f"{header}.{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}.{signature}")


def test_a_token_past_its_time_is_told_apart():
    """It may be renewed; a forged one may not."""
    with pytest.raises(Expired):
        VERIFIER.claims(token(exp=int(time.time()) - 60))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"app_metadata": {}}, id="none"),
        pytest.param({"app_metadata": ...}, id="no metadata"),
        pytest.param({"app_metadata": None}, id="null metadata"),
        pytest.param({"app_metadata": "operator"}, id="metadata that is a text"),
        pytest.param({"app_metadata": {"role": "admin"}}, id="unknown"),
        pytest.param({"app_metadata": {"role": "local"}}, id="the role of a machine without login"),
        pytest.param({"app_metadata": {"role": ["operator"]}}, id="a list"),
        pytest.param({"app_metadata": {"role": "Operator"}}, id="spelled otherwise"),
        pytest.param({"app_metadata": {}, "user_metadata": {"role": "operator"}}, id="in user_metadata only"),
        pytest.param({"app_metadata": {}, "role": "operator"}, id="in the role of Postgres only"),
    ],
)
def test_a_role_comes_from_app_metadata_or_not_at_all(changes):
    """What people may write themselves gives them nothing, and nobody becomes `local` by a token."""
    with pytest.raises(NoRole):
        VERIFIER.claims(token(**changes))


def test_without_an_issuer_any_is_taken():
    """The secret is proof enough where no issuer is set."""
    assert Verifier(SECRET, AUDIENCE).claims(token(iss="http://elsewhere.test")).role == "analyst"


def test_the_secret_is_not_shown():
    """Not even in a log of the object."""
    assert SECRET not in repr(VERIFIER)
