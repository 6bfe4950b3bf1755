-- Settings, history and secrets. People are not here: they live in the engine's file.
--
-- Documents are json, not jsonb: jsonb sorts the keys of objects, and a workspace that is written out again
-- should look as it was written in.

-- Everything a workspace file can say, one row an item. A removed item keeps its row, so that an item which
-- comes back under its id finds its history.
create table workspace_item (
  kind text not null,
  id text not null,
  name text not null,
  body json not null,
  position integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  removed_at timestamptz,
  primary key (kind, id)
);

-- Apart from workspace_item, so that no list, dump or answer can carry a secret by accident.
create table connection_secret (
  connection text primary key,
  sealed text not null,
  key_id text not null,
  updated_at timestamptz not null
);

-- The header of each run. Its people are in the engine, which is right where the two differ.
create table run (
  id text primary key,
  export text not null,
  kind text not null check (kind in ('run', 'undo')),
  status text not null,
  requested_by text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  summary json,
  brake json,
  released_by text,
  release_reason text,
  released_at timestamptz
);
create index run_by_export on run (export, created_at desc);
create index run_by_time on run (created_at desc);

create table export_state (
  export text primary key,
  paused_at timestamptz,
  paused_by text,
  pause_reason text
);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  who text not null,
  action text not null,
  subject text not null,
  detail json not null
);
create index audit_by_subject on audit (subject, id desc);
