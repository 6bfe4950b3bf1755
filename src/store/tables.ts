import type { ColumnType, Generated, Kysely, Selectable } from 'kysely';

/** A document: read as the value, written as its text. Both drivers would mistake a bare array or string. */
type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null, string | null>;

/** The tables as the migrations leave them; `migrations/schema.sql` is the same in SQL. */
export interface Tables {
  workspace_item: {
    kind: string;
    id: string;
    name: string;
    body: Json<unknown>;
    position: number;
    created_at: Date;
    updated_at: Date;
    removed_at: Date | null;
  };
  connection_secret: {
    connection: string;
    sealed: string;
    key_id: string;
    updated_at: Date;
  };
  run: {
    id: string;
    export: string;
    kind: string;
    status: string;
    requested_by: string;
    created_at: Date;
    started_at: Date | null;
    finished_at: Date | null;
    summary: NullableJson<unknown>;
    brake: NullableJson<unknown>;
    released_by: string | null;
    release_reason: string | null;
    released_at: Date | null;
  };
  export_state: {
    export: string;
    paused_at: Date | null;
    paused_by: string | null;
    pause_reason: string | null;
  };
  audit: {
    id: Generated<number>;
    at: Date;
    who: string;
    action: string;
    subject: string;
    detail: Json<unknown>;
  };
  app_user: {
    id: string;
    email: string;
    name: string;
    role: string;
    extra: Json<unknown>;
    language: string;
    password_hash: string | null;
    oidc_subject: string | null;
    created_at: Date;
    updated_at: Date;
    last_seen_at: Date | null;
  };
  user_session: {
    digest: string;
    app_user: string;
    started_at: Date;
    used_at: Date;
    reauthenticated_at: Date;
    address: string;
    user_agent: string;
  };
  access_link: {
    digest: string;
    purpose: string;
    email: string | null;
    role: string | null;
    created_by: string;
    created_at: Date;
    expires_at: Date;
  };
  api_token: {
    id: string;
    digest: string;
    app_user: string;
    name: string;
    scopes: Json<unknown>;
    created_at: Date;
    expires_at: Date;
    used_at: Date | null;
    revoked_at: Date | null;
  };
  pending_sign_in: {
    id: string;
    state: string;
    app_user: string;
    session: string;
    connection: string | null;
    created_at: Date;
    expires_at: Date;
    sealed: string | null;
    key_id: string | null;
    login: NullableJson<unknown>;
  };
  task: {
    id: string;
    kind: string;
    subject: string;
    request: Json<unknown>;
    requested_by: string;
    app_user: string;
    status: string;
    attempt: number;
    idempotency_key: string | null;
    created_at: Date;
    started_at: Date | null;
    finished_at: Date | null;
    cancel_at: Date | null;
    progress: NullableJson<unknown>;
    result: NullableJson<unknown>;
    problem: NullableJson<unknown>;
  };
  schedule_state: {
    name: string;
    times: string;
    handled_at: Date;
  };
  alert_channel: {
    id: string;
    name: string;
    kind: string;
    sealed: string;
    key_id: string;
    created_at: Date;
    updated_at: Date;
    last_sent_at: Date | null;
    last_problem: string | null;
  };
  kept_key: {
    name: string;
    sealed: string;
    key_id: string;
  };
  sign_in_failure: {
    subject: string;
    failures: number;
    last_at: Date;
  };
}

/** A row as it is read. */
export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;

/**
 * What every query function takes: the store's `db`, or the transaction that it shall be part of.
 * Inside a transaction use the transaction only. The embedded database has one connection, and `db` would
 * wait for it for ever.
 */
export type Database = Kysely<Tables>;
