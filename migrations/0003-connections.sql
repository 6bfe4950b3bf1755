-- A sign-in with Mailchimp that was begun in somebody's session. Once Mailchimp has sent the browser back it holds
-- the sealed token until the connection is saved.
create table pending_sign_in (
  id text primary key,
  -- SHA-256 of the state that goes through the browser.
  state text not null unique,
  app_user text not null,
  session text not null,
  -- The connection whose sign-in is renewed; null for one that is being made.
  connection text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  sealed text,
  key_id text,
  login json
);

-- Keys that must outlive the secret key: what they made cannot be made again. Sealed with the secret key.
create table kept_key (
  name text primary key,
  sealed text not null,
  key_id text not null
);
