-- What ran, what it made, from what, how good it was; and which run core and gold show. Safe to repeat.
--
-- runs, attempts, manifests, datasets, partitions, lineage and quality_checks copy the records of the lake for every
-- run, failed ones too; a row is inserted once and changes only when the record in the lake did. Together they hold
-- what OpenLineage run events say (see openlineage.py); quality_checks has the result fields of Bitol's open
-- observability results.
set local role pqr_owner;

create table if not exists meta.runs (
    run_id text primary key,
    parameters jsonb not null,
    parameters_digest text not null,
    seed bigint not null,
    scenario text not null,
    window_from date not null,
    window_to date not null,
    as_of timestamptz not null,
    state text not null check (state in ('declared', 'running', 'completed', 'failed')),
    failed_stage text,
    reason text,
    started_at timestamptz,
    finished_at timestamptz
);
comment on table meta.runs is 'One row a run. as_of: the instant its window ends, the only "now" its data knows.';

create table if not exists meta.attempts (
    run_id text not null references meta.runs,
    stage text not null,
    attempt smallint not null,
    state text not null check (state in ('running', 'completed', 'failed')),
    started_at timestamptz not null,
    finished_at timestamptz,
    seconds numeric(12, 3),
    host text not null,
    error_type text,
    error text,
    tasks integer not null,
    tasks_reused integer not null,
    rows bigint not null,
    bytes bigint not null,
    primary key (run_id, stage, attempt)
);
comment on table meta.attempts is 'One row a try at a stage. OpenLineage: one run (START, then COMPLETE or FAIL).';

create table if not exists meta.manifests (
    run_id text not null references meta.runs,
    layer text not null,
    stage text not null,
    digest text not null,
    inputs jsonb not null,
    service_version text,
    source_digest text,
    committed_at timestamptz,
    host text,
    primary key (run_id, layer)
);
comment on table meta.manifests is 'One row a committed stage; digest covers its data and, through inputs, all upstream.';

create table if not exists meta.datasets (
    run_id text not null,
    layer text not null,
    dataset text not null,
    grain text not null,
    columns jsonb not null,
    schema_fingerprint text not null,
    partitions integer not null,
    rows bigint not null,
    rejected bigint not null,
    bytes bigint not null,
    content_digest text not null,
    primary key (run_id, layer, dataset),
    foreign key (run_id, layer) references meta.manifests on delete cascade
);
comment on table meta.datasets is 'One row a dataset of a run; content_digest says what its rows are, in any order.';

create table if not exists meta.partitions (
    run_id text not null,
    layer text not null,
    dataset text not null,
    key text not null,
    path text not null,
    rows bigint not null,
    rejected bigint not null,
    bytes bigint not null,
    sha256 text not null,
    content_digest text not null,
    min_at timestamptz,
    max_at timestamptz,
    primary key (run_id, layer, dataset, key),
    foreign key (run_id, layer, dataset) references meta.datasets on delete cascade
);
comment on table meta.partitions is 'One row an object in the lake (or a partition in Postgres, for the layer load).';

create table if not exists meta.lineage (
    run_id text not null,
    layer text not null,
    dataset text not null,
    input_layer text not null,
    input_dataset text not null,
    input_manifest_digest text not null,
    primary key (run_id, layer, dataset, input_layer, input_dataset),
    foreign key (run_id, layer, dataset) references meta.datasets on delete cascade
);
comment on table meta.lineage is 'One row an edge of a run: the dataset was made from the input dataset.';

create table if not exists meta.quality_checks (
    run_id text not null references meta.runs,
    stage text not null,
    attempt smallint not null,
    position smallint not null,
    name text not null,
    dimension text not null,
    status text not null check (status in ('passed', 'failed')),
    severity text not null,
    observed text not null,
    expected text not null,
    executed_at timestamptz,
    primary key (run_id, stage, attempt, position)
);
comment on table meta.quality_checks is 'One row a check of an attempt. observed and expected: OORS value and threshold.';

create table if not exists meta.staged (
    relation text primary key,
    table_name text not null,
    part smallint not null,
    rows bigint not null,
    content_digest text not null,
    staged_at timestamptz not null default now()
);
comment on table meta.staged is 'One row a table in staging that was filled and read back; written in the same transaction.';

create table if not exists meta.loaded_partitions (
    table_name text not null,
    part smallint not null,
    relation text not null,
    rows bigint not null,
    content_digest text not null,
    run_id text not null,
    loaded_at timestamptz not null default now(),
    primary key (table_name, part)
);
comment on table meta.loaded_partitions is
    'One row a partition of core (or a whole table of gold, as part 0): what it holds, and the run that brought it.';

create table if not exists meta.published (
    is_published boolean primary key default true check (is_published),
    run_id text not null,
    as_of_day date not null,
    silver_digest text not null,
    gold_digest text not null,
    published_at timestamptz not null default now()
);
comment on table meta.published is
    'At most one row: the run that core and gold show. To read several tables of one run, begin a transaction with '
    '"lock table meta.published in access share mode": no run is published before it ends.';

grant select on all tables in schema meta to pqr_loader, pqr_dashboard, pqr_metabase;
grant delete on meta.manifests to pqr_loader;
grant insert, update on
    meta.runs, meta.attempts, meta.manifests, meta.datasets, meta.partitions, meta.lineage, meta.quality_checks
    to pqr_loader;
grant insert, update, delete on meta.staged, meta.loaded_partitions, meta.published to pqr_loader;
