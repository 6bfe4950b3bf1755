-- Work that takes its time, whoever asked for it; the queue itself keeps its tables in a schema of its own, and what is
-- there of a task is told from here.
create table task (
  id text primary key,
  kind text not null,
  subject text not null,
  -- What the work needs to know beside its subject.
  request json not null,
  requested_by text not null,
  app_user text not null,
  status text not null,
  attempt integer not null,
  -- One key of one user makes one task.
  idempotency_key text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  cancel_at timestamptz,
  progress json,
  result json,
  problem json,
  unique (app_user, idempotency_key)
);
create index task_by_time on task (created_at desc, id);
create index task_by_subject on task (kind, subject, created_at desc);
create index task_unfinished on task (created_at) where finished_at is null;

-- Up to when a schedule was looked after. A changed schedule begins anew, so that no time before the change counts.
create table schedule_state (
  name text primary key,
  times text not null,
  handled_at timestamptz not null
);

create table alert_channel (
  id text primary key,
  name text not null,
  kind text not null check (kind in ('email', 'slack', 'webhook')),
  -- An address of the web, or several of people: sealed, since whoever has the former can write there.
  sealed text not null,
  key_id text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_sent_at timestamptz,
  last_problem text
);
