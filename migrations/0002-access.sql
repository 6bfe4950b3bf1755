-- Who may come in: people, their sessions, links by which they were invited, and tokens for programs. Of every
-- secret only its SHA-256 is here, of passwords an argon2id hash, so that a copy of the database lets nobody in.

create table app_user (
  id text primary key,
  -- In small letters.
  email text not null unique,
  name text not null,
  role text not null check (role in ('viewer', 'contributor', 'administrator', 'owner')),
  -- Permissions beyond the role, as a privacy officer has them.
  extra json not null,
  language text not null,
  password_hash text,
  -- The subject at the sign-in service, once it was used.
  oidc_subject text unique,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_seen_at timestamptz
);

create table user_session (
  digest text primary key,
  app_user text not null references app_user (id) on delete cascade,
  started_at timestamptz not null,
  used_at timestamptz not null,
  reauthenticated_at timestamptz not null,
  address text not null,
  user_agent text not null
);
create index session_by_user on user_session (app_user);

-- A link that was handed out: for the first owner, somebody invited, or somebody who forgot the password.
create table access_link (
  digest text primary key,
  purpose text not null check (purpose in ('owner', 'invitation', 'reset')),
  email text,
  role text,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create table api_token (
  id text primary key,
  digest text not null unique,
  app_user text not null references app_user (id) on delete cascade,
  name text not null,
  scopes json not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz
);
create index api_token_by_user on api_token (app_user);

-- Failed sign-ins in a row, for an address of a user and for an address of the network, both as digests.
create table sign_in_failure (
  subject text primary key,
  failures integer not null,
  last_at timestamptz not null
);

