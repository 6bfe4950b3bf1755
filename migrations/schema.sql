CREATE TABLE audit (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp with time zone NOT NULL,
  who text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  detail json NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX audit_by_subject ON public.audit USING btree (subject, id DESC);

CREATE TABLE connection_secret (
  connection text NOT NULL,
  sealed text NOT NULL,
  key_id text NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  PRIMARY KEY (connection)
);

CREATE TABLE export_state (
  export text NOT NULL,
  paused_at timestamp with time zone,
  paused_by text,
  pause_reason text,
  PRIMARY KEY (export)
);

CREATE TABLE migration (
  number integer NOT NULL,
  name text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  PRIMARY KEY (number)
);

CREATE TABLE run (
  id text NOT NULL,
  export text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  requested_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  summary json,
  brake json,
  released_by text,
  release_reason text,
  released_at timestamp with time zone,
  PRIMARY KEY (id),
  CHECK ((kind = ANY (ARRAY['run'::text, 'undo'::text])))
);
CREATE INDEX run_by_export ON public.run USING btree (export, created_at DESC);
CREATE INDEX run_by_time ON public.run USING btree (created_at DESC);

CREATE TABLE workspace_item (
  kind text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  body json NOT NULL,
  position integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  removed_at timestamp with time zone,
  PRIMARY KEY (kind, id)
);
