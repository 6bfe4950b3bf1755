CREATE TABLE access_link (
  digest text NOT NULL,
  purpose text NOT NULL,
  email text,
  role text,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  PRIMARY KEY (digest),
  CHECK ((purpose = ANY (ARRAY['owner'::text, 'invitation'::text, 'reset'::text])))
);

CREATE TABLE alert_channel (
  id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  sealed text NOT NULL,
  key_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  last_sent_at timestamp with time zone,
  last_problem text,
  PRIMARY KEY (id),
  CHECK ((kind = ANY (ARRAY['email'::text, 'slack'::text, 'webhook'::text])))
);

CREATE TABLE api_token (
  id text NOT NULL,
  digest text NOT NULL,
  app_user text NOT NULL,
  name text NOT NULL,
  scopes json NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  UNIQUE (digest),
  PRIMARY KEY (id),
  FOREIGN KEY (app_user) REFERENCES app_user(id) ON DELETE CASCADE
);
CREATE INDEX api_token_by_user ON public.api_token USING btree (app_user);

CREATE TABLE app_user (
  id text NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  extra json NOT NULL,
  language text NOT NULL,
  password_hash text,
  oidc_subject text,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone,
  UNIQUE (email),
  UNIQUE (oidc_subject),
  PRIMARY KEY (id),
  CHECK ((role = ANY (ARRAY['viewer'::text, 'contributor'::text, 'administrator'::text, 'owner'::text])))
);

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

CREATE TABLE kept_key (
  name text NOT NULL,
  sealed text NOT NULL,
  key_id text NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE migration (
  number integer NOT NULL,
  name text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  PRIMARY KEY (number)
);

CREATE TABLE pending_sign_in (
  id text NOT NULL,
  state text NOT NULL,
  app_user text NOT NULL,
  session text NOT NULL,
  connection text,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  sealed text,
  key_id text,
  login json,
  UNIQUE (state),
  PRIMARY KEY (id)
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

CREATE TABLE schedule_state (
  name text NOT NULL,
  times text NOT NULL,
  handled_at timestamp with time zone NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE sign_in_failure (
  subject text NOT NULL,
  failures integer NOT NULL,
  last_at timestamp with time zone NOT NULL,
  PRIMARY KEY (subject)
);

CREATE TABLE task (
  id text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  request json NOT NULL,
  requested_by text NOT NULL,
  app_user text NOT NULL,
  status text NOT NULL,
  attempt integer NOT NULL,
  idempotency_key text,
  created_at timestamp with time zone NOT NULL,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  cancel_at timestamp with time zone,
  progress json,
  result json,
  problem json,
  UNIQUE (app_user, idempotency_key),
  PRIMARY KEY (id)
);
CREATE INDEX task_by_subject ON public.task USING btree (kind, subject, created_at DESC);
CREATE INDEX task_by_time ON public.task USING btree (created_at DESC, id);
CREATE INDEX task_unfinished ON public.task USING btree (created_at) WHERE (finished_at IS NULL);

CREATE TABLE user_session (
  digest text NOT NULL,
  app_user text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone NOT NULL,
  reauthenticated_at timestamp with time zone NOT NULL,
  address text NOT NULL,
  user_agent text NOT NULL,
  PRIMARY KEY (digest),
  FOREIGN KEY (app_user) REFERENCES app_user(id) ON DELETE CASCADE
);
CREATE INDEX session_by_user ON public.user_session USING btree (app_user);

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
