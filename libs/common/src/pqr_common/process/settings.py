"""Settings: the `PQR_*` environment, read once by whoever starts a process, typed and frozen afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pqr_common.errors import InvalidSettings
from pqr_common.lake.port import LakeLocation

__all__ = ["MAX_WORKERS", "Settings", "checkout"]

CHECKOUT = "uv.lock"  # lies at the root of one
MAX_WORKERS = 256


def checkout() -> Path:
    """The checkout that the working folder lies in, at whatever depth; outside of one, the working folder."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / CHECKOUT).is_file()), here)


class Settings(BaseSettings):
    """Every setting of the platform; `.env.example` lists them with their meaning. Secrets are masked in text."""

    model_config = SettingsConfigDict(env_prefix="PQR_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(
        default_factory=lambda: checkout() / ".pqr",
        description="folder of the embedded lake and Postgres; default: .pqr in the checkout",
    )
    lake_url: str = Field("", description="file:///folder or s3://bucket/prefix; default: the folder lake in PQR_HOME")
    s3_endpoint: str | None = Field(None, description="URL of the S3 API; default: the provider's")
    s3_region: str = Field("us-east-1", description="region requests are signed for")
    s3_access_key: str | None = Field(None, description="S3 access key")
    s3_secret_key: SecretStr | None = Field(None, description="S3 secret key")
    scheduler: str | None = Field(
        None, description="tcp:// or tls://host:port of a Dask scheduler; default: a local cluster"
    )
    workers: int = Field(2, ge=1, le=MAX_WORKERS, description="worker processes of the local cluster")
    postgres_dsn: SecretStr | None = Field(None, description="postgresql://... ; default: embedded in PQR_HOME")
    dashboard_dsn: SecretStr | None = Field(None, description="what the dashboard reads; default: PQR_POSTGRES_DSN")
    auth_url: str | None = Field(None, description="URL of Supabase Auth; without it the dashboard is for this machine")
    auth_jwt_secret: SecretStr | None = Field(None, description="secret that Supabase Auth signs its tokens with")
    auth_audience: str = Field("authenticated", description="for whom its tokens must be")
    auth_issuer: str | None = Field(None, description="by whom they must be; default: by who has the secret")
    pseudonym_key: SecretStr = Field(
        SecretStr("synthetic"), description="key of pseudonyms; the data is synthetic, real data needs a secret one"
    )
    api_url: str | None = Field(
        None, description="URL of a stack's Prefect API, http://host:4200/api; commands then drive the stack"
    )
    api_auth: SecretStr | None = Field(None, description="user:password of that API")
    reap_after_seconds: int = Field(
        90, ge=40, description="silence after which a stack takes a run's process for gone; it beats every 30 s"
    )
    pickup_seconds: int = Field(
        60, ge=1, description="within which a living worker of a stack must be there for a stage"
    )
    neo4j_url: str | None = Field(None, description="http://host:7474 of a Neo4j that lineage is exported to")
    neo4j_password: SecretStr | None = Field(None, description="password of its user neo4j")
    metrics_port: int = Field(9100, ge=0, le=65535, description="port of a service's /metrics and /health")
    log_level: str = Field("warning", description="debug, info, warning or error")
    log_format: str = Field("auto", description="auto, console or json")

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @classmethod
    def read(cls, **overrides: object) -> Self:
        """The environment, with arguments of a command over it; raises InvalidSettings naming key and value."""
        try:
            settings = cls(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            name = "PQR_" + "_".join(str(part) for part in first["loc"]).upper()
            raise InvalidSettings(
                f"{name} must be valid, found {first['input']!r} ({first['msg']}): correct it in the environment."
            ) from None
        if not settings.lake_url:
            settings = settings.model_copy(update={"lake_url": (settings.home / "lake").as_uri()})
        return settings

    @property
    def lake(self) -> LakeLocation:
        """Where data lies, and the key to it."""
        return LakeLocation(self.lake_url, self.s3_endpoint, self.s3_region, self.s3_access_key, self.s3_secret_key)

    def with_(self, **changes: object) -> Settings:
        return self.model_copy(update=changes)
