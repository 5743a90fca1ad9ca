"""The conventions of the Compose files and the secrets they need. No engine is needed."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from pqr_common.installed import announced
from pqr_common.stage.executor import WORKER_ENVIRONMENT

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("compose*.yaml"))
LAYERS = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
CORE = LAYERS["compose.yaml"]["services"]
SERVICES = [
    pytest.param(name, service, id=f"{layer}:{name}")
    for layer, text in LAYERS.items()
    for name, service in text["services"].items()
    if "image" in service
]
OURS = [param for param in SERVICES if param.values[1]["image"].startswith("pqr-")]
STAGES = sorted(announced("pqr.stages"))
EDGE = "edge-"  # how networks are called that lead to ports of the machine
DOOR = "docker-door"  # and who may go through it, on a network of their own
BEHIND_DOOR = (DOOR, "alloy")
JOBS = {
    needed
    for layer in LAYERS.values()
    for service in layer["services"].values()
    for needed, how in service.get("depends_on", {}).items()
    if how["condition"] == "service_completed_successfully"
}


def _module(path: str):
    file = ROOT / path
    spec = importlib.util.spec_from_file_location(f"of_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_layer_opens_with_how_to_use_it(path):
    """The command line stands at the top of the file."""
    header = path.read_text(encoding="utf-8").split("\n\nname:")[0].split("\nservices:")[0]
    assert header.startswith("# ")
    assert "docker compose" in header


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_images_are_pinned(name, service):
    """Never `latest`, never no tag at all."""
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?", service["image"])


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_everything_has_its_limits(name, service):
    """Processor, memory and processes are bounded, and logs do not fill the disk."""
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert "max-size" in service["logging"]["options"]


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_nothing_gains_privileges(name, service):
    """Not even root inside may become more; one sees the engine's socket, to keep it from another that reads logs."""
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "network_mode", "container_name"} & set(service)
    assert ("docker.sock" in str(service.get("volumes"))) == (name == DOOR)


@pytest.mark.parametrize(("name", "service"), OURS)
def test_our_own_run_on_a_read_only_root_without_capabilities(name, service):
    """All they write lies in memory or in the lake; every one can be built from here."""
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["tmpfs"] == ["/tmp"]
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert not [volume for volume in service.get("volumes", []) if not volume.endswith(":ro")]


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_what_stays_says_whether_it_is_well(name, service):
    """A health check of its own or of its image; a job has none, and somebody waits for its end."""
    is_job = service.get("healthcheck") == {"disable": True}
    assert is_job == (name in JOBS)
    assert is_job or "healthcheck" in service or service["image"].startswith("pqr-")
    assert service["restart"] == ("on-failure:3" if is_job else "unless-stopped")


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_dependencies_name_their_condition(name, service):
    """Started is not enough: healthy, or completed."""
    conditions = {how["condition"] for how in service.get("depends_on", {}).values()}
    assert conditions <= {"service_healthy", "service_completed_successfully"}
    assert not [needed for needed in service.get("depends_on", {}) if CORE.get(needed, {}).get("profiles")]


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_ports_are_for_this_machine_only(name, service):
    """Published on 127.0.0.1, each movable; only who has one is on the network that leads there."""
    ports = service.get("ports", [])
    assert all(re.fullmatch(r"127\.0\.0\.1:\$\{PQR_PORT_\w+:-\d+\}:\d+", port) for port in ports)
    assert any(network.startswith(EDGE) for network in service["networks"]) == bool(ports)
    assert ("engine" in service["networks"]) == (name in BEHIND_DOOR)


def test_the_inner_networks_have_no_way_out():
    """Services reach who is on a network with them and nothing else; on the one with a way out, not even each other."""
    networks = {name: made for layer in LAYERS.values() for name, made in layer.get("networks", {}).items()}
    closed = {"driver_opts": {"com.docker.network.bridge.enable_icc": "false"}}
    wrong = {n: m for n, m in networks.items() if m != (closed if n.startswith(EDGE) else {"internal": True})}
    assert wrong == {}
    services = [service for layer in LAYERS.values() for service in layer["services"].values()]
    assert set(networks) == {used for service in services for used in service.get("networks", ())}


def test_no_name_leads_to_an_edge():
    """Who asks another by its name shares no network with it on which nothing passes between containers."""
    asks = {param.values[0]: str(param.values[1].get("environment", "")) for param in SERVICES}
    for folder, name in (("prometheus", "prometheus"), ("grafana/provisioning/datasources", "grafana")):
        asks[name] += "".join(file.read_text(encoding="utf-8") for file in (ROOT / "deploy" / folder).glob("*.yml"))
    on: dict[str, set[str]] = {}
    for layer in LAYERS.values():
        for name, service in layer["services"].items():
            on.setdefault(name, set()).update(n for n in service.get("networks", ()) if n.startswith(EDGE))
    assert "http://auth:9999" in asks["dashboard"]
    assert not [
        (asker, asked)
        for asker, text in asks.items()
        for asked in on
        if asker != asked and on[asker] & on[asked] and re.search(rf"[@/'\[ ]{asked}[:,\]']", text)
    ]


def test_the_table_of_networks_is_that_of_the_compose_files():
    """deploy/README.md says who is on each of them; who reads it need not read YAML."""
    table = (ROOT / "deploy/README.md").read_text(encoding="utf-8").partition("## Who reaches whom")[2]
    said = {
        name: set(re.findall(r"`([\w-]+)`", who))
        for name, who in re.findall(r"^\| `(\w+)` \| (.+?) \|$", table.partition("\n## ")[0], re.MULTILINE)
    }
    found: dict[str, set[str]] = {}
    for param in SERVICES:
        name, service = param.values
        for network in service["networks"]:
            if network.startswith(EDGE):
                continue
            found.setdefault(network, set()).add(name)
    assert said == found


def test_the_key_of_the_cluster_reaches_those_who_work_on_it():
    """Whoever has it runs code there: not the dashboard, not Auth, not who orders runs."""
    holders = {param.values[0] for param in SERVICES if "DASK_KEY" in str(param.values[1])}
    assert holders == {*STAGES, "inbox", "dask-scheduler", "dask-worker"}


def test_the_door_to_the_engine_is_optional():
    """Who holds its socket is root on the machine, so nothing of it runs unless it is asked for."""
    services = LAYERS["compose.observability.yaml"]["services"]
    assert [services[name]["profiles"] for name in BEHIND_DOOR] == [["logs"], ["logs"]]


def test_the_store_has_room_for_a_million_e_mails():
    """RustFS 1.0.1 was measured at 835 MB after them, and its users saw it killed at 1 GiB."""
    assert CORE["rustfs"]["deploy"]["resources"]["limits"]["memory"] == "2g"


def test_workers_in_containers_are_set_up_as_local_ones():
    """How memory is kept and how many threads libraries start: the same in the cluster of one process."""
    said = {name: value for name, value in WORKER_ENVIRONMENT.items() if not name.startswith("DASK_")}
    assert said.items() <= CORE["dask-worker"]["environment"].items()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_secret_has_a_default(path):
    """A secret that is not set ends `up` with what to do; `make stack-env` makes up every one of them."""
    text = path.read_text(encoding="utf-8")
    required = set(re.findall(r"\$\{(\w+):\?run make stack-env\}", text))
    with_default = set(re.findall(r"\$\{(\w+)(?::-|\})", text))
    assert with_default <= {
        "COMPOSE_PROJECT_NAME",
        "PQR_FIRST_RUN",
        "PQR_HISTORY_SECONDS",
        "PQR_INBOX_SPEED",
        "PQR_LOG_LEVEL",
        "PQR_PICKUP_SECONDS",
        "PQR_PROXY",
        "PQR_PYTHON_IMAGE",
        "PQR_REAP_AFTER_SECONDS",
    } | {name for name in with_default if name.startswith("PQR_PORT_")}
    made_up = dict(
        line.split("=", 1) for line in _module("deploy/stack_env.py").completed("").splitlines() if "=" in line
    )
    assert all(len(made_up[name]) >= 32 for name in required)
    assert not re.search(r"(?i)(password|secret|(?<!access)_key)\w*: (?!\$\{|[&*]\w)\S", text)


def test_stack_env_keeps_what_is_there():
    """A second time nothing changes; what was set by hand stays; what is missing is added."""
    completed = _module("deploy/stack_env.py").completed
    once = completed("POSTGRES_PASSWORD=by-hand\n")
    assert once.startswith("POSTGRES_PASSWORD=by-hand\n")
    assert completed(once) == once
    values = dict(line.split("=", 1) for line in once.splitlines() if "=" in line)
    assert len({value for name, value in values.items() if "SECRET" in name or "PASSWORD" in name}) >= 14
    assert completed("")[:2000] != completed("")[:2000]


def test_no_secret_begins_like_an_option():
    """`neo4j-admin` takes one that begins with `-` for an option; one secret of sixty-four would."""
    stack_env = _module("deploy/stack_env.py")
    secrets = [stack_env._secret() for _ in range(2_000)]
    assert all(secret[0].isalnum() for secret in secrets)


def test_every_service_of_the_design_is_there():
    """One container per declared stage, and the parent flow's."""
    assert {*STAGES, "pipeline", "rustfs", "db", "auth", "dask-scheduler", "dask-worker", "prefect-server"} <= set(CORE)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_serves_from_its_own_image_with_its_own_key(stage):
    """Its container is built for it, told to serve it, and signs in to the lake as it."""
    service, environment = CORE[stage], CORE[stage]["environment"]
    assert service["image"] == f"pqr-{stage}:0.1.0"
    assert service["build"]["args"]["SERVICE"] == stage
    assert service["command"] == [stage]
    assert environment["PQR_S3_ACCESS_KEY"] == stage
    assert environment["PQR_S3_SECRET_KEY"] == f"${{S3_SECRET_{stage.upper()}:?run make stack-env}}"
    assert f"S3_SECRET_{stage.upper()}" in CORE["lake-bootstrap"]["environment"]


@pytest.mark.parametrize(("name", "service"), [p for p in OURS if p.values[1]["image"].startswith("pqr-pipeline:")])
def test_who_orders_runs_or_works_for_all_has_every_stage(name, service):
    """The image of the parent flow, of Dask and of the jobs is built for no stage in particular."""
    assert set(service["build"]["args"]) == {"PYTHON_IMAGE"}


def test_the_key_of_pseudonyms_reaches_silver_only():
    """Whoever has it can find a person by name among the pseudonyms."""
    assert [name for name, service in CORE.items() if "PQR_PSEUDONYM_KEY" in str(service)] == ["silver"]


def test_make_builds_every_image_of_ours():
    """`make images` names one container of each image."""
    named = re.findall(r"\$\(COMPOSE\) build (.+)", (ROOT / "Makefile").read_text(encoding="utf-8"))[0].split()
    assert sorted(CORE[name]["image"] for name in named) == sorted({param.values[1]["image"] for param in OURS})


def test_prometheus_asks_every_stage():
    """Its list of names is that of the containers that serve."""
    jobs = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    (names,) = (
        found["names"] for job in jobs for found in job.get("dns_sd_configs", ()) if "pipeline" in found["names"]
    )
    assert sorted(names) == sorted([*STAGES, "pipeline", "dashboard"])


def test_prefect_is_one_version_everywhere():
    """The server may not be older than its clients, nor newer by a minor."""
    pinned = re.search(r"prefect==([\d.]+)", (ROOT / "libs/pipeline/pyproject.toml").read_text(encoding="utf-8"))
    assert pinned
    assert CORE["prefect-server"]["image"] == f"prefecthq/prefect:{pinned[1]}-python3.11"


def test_stand_ins_find_the_wheels_of_images_on_a_fresh_machine():
    """They are built from the wheelhouse alone, so what images need is fetched before."""
    told = subprocess.run(["make", "-nB", "base-images"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert 0 < told.find("uv_build==") < told.find("deploy/images.sh")
    assert "make base-images" in (ROOT / "deploy/README.md").read_text(encoding="utf-8")
