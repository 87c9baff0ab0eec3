-- Programs that come in from outside: who they are, what somebody let them do, and the tokens that stand for it. Secrets as hashes only.

-- A registered program. kind: public and confidential act for a person who signs in; backend acts as a person of its own (person).
-- scope: what it may be granted at most. jwks: its keys, or jwks_uri: where they are.
create table client (
    id           text collate "C" primary key,
    name         text not null,
    kind         text collate "C" not null check (kind in ('public', 'confidential', 'backend')),
    secret       bytea,
    redirects    text[] collate "C" not null default '{}',
    launch_url   text collate "C",
    scope        text collate "C" not null,
    jwks         jsonb,
    jwks_uri     text collate "C",
    person       text collate "C",
    introspects  boolean not null default false,
    added_at     timestamptz not null,
    added_by     text collate "C" not null,
    removed_at   timestamptz,
    check (kind <> 'backend' or person is not null)
);

-- A launch from a patient's page, waiting for the program to ask for it.
create table launch (
    hash    bytea primary key,
    client  text collate "C" not null references client (id),
    person  text collate "C" not null,
    patient text collate "C" not null,
    made_at timestamptz not null,
    ends_at timestamptz not null,
    used_at timestamptz
);

-- What a person let a program do: a code first, then tokens. Kept after it ends, for those who ask later what an app could see.
create table permission (
    id           bigint generated always as identity primary key,
    client       text collate "C" not null references client (id),
    person       text collate "C" not null,
    patient      text collate "C",
    scope        text collate "C" not null,
    session      bytea,
    made_at      timestamptz not null,
    ends_at      timestamptz not null,
    ended_at     timestamptz,
    ended_why    text,
    code         bytea unique,
    code_ends_at timestamptz,
    code_used_at timestamptz,
    redirect     text collate "C",
    challenge    text collate "C",
    nonce        text,
    auth_time    timestamptz
);
create index permission_person on permission (person) where ended_at is null;
create index permission_client on permission (client) where ended_at is null;

-- Tokens of a permission stand beside those of people (whose permission is null).
alter table token add column permission bigint references permission (id), add column scope text collate "C";
create index token_permission on token (permission) where permission is not null;

create table refresh (
    hash       bytea primary key,
    permission bigint not null references permission (id),
    made_at    timestamptz not null,
    ends_at    timestamptz not null,
    used_at    timestamptz
);
create index refresh_permission on refresh (permission);

-- Signed statements of programs that were taken once and are not taken again.
create table assertion (
    client  text collate "C" not null,
    jti     bytea not null,
    ends_at timestamptz not null,
    primary key (client, jti)
);
create index assertion_ends on assertion (ends_at);

do $$
declare each text;
begin
    foreach each in array array['client', 'launch', 'permission', 'refresh'] loop
        execute format('grant select, insert, update on %I to baton_app', each);
    end loop;
    grant select, insert, delete on assertion to baton_app;
end $$;
