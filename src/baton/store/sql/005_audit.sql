-- The whole audit. A look keeps everything that was not a change: what was shown, and also sign-ins, exports, messages and refusals.
-- outcome is null when all went well, else the code of FHIR's AuditEvent.outcome (4 refused, 8 failed, 12 very bad).

alter table look add column role text collate "C", add column on_behalf_of text collate "C", add column outcome smallint, add column detail text;

-- The few that are looked for among millions without naming a patient or a person: an index of them alone costs the others nothing.
create index look_refused on look (id) where outcome is not null;
create index look_nobodys on look (id) where patients = '{}';
create index look_purpose on look (purpose, id) where purpose <> 'TREAT';

-- A seal is the root of a Merkle tree (form 2; form 1 were digests over the whole batch). leaves: 24 bytes for each row in the order sealed,
-- its id and its leaf, so that an altered or missing row is named; they do not compress.
alter table seal add column form smallint not null default 1, add column leaves bytea;
alter table seal alter column leaves set storage external;

-- Where the auditor looks: in which seals a patient (key64('Patient/<id>')) or a person (key64('Practitioner/<id>')) comes, and in which
-- of their rows. Filled by the sealer, never by those who wait for an answer; it can be made anew from change and look.
create table trail (
    key     bigint not null,
    seal    bigint not null,
    changes bigint[] not null,
    looks   bigint[] not null,
    primary key (key, seal)
);

-- Which seals were published outside, and where to.
create table published (
    seal bigint not null,
    way  text collate "C" not null,
    at   timestamptz not null,
    primary key (way, seal)
);

do $$
declare each text;
begin
    foreach each in array array['trail', 'published'] loop
        execute format('grant select, insert, update, delete on %I to baton_app', each);
    end loop;
end $$;
grant select on sequence change_id, look_id_seq to baton_app;

-- Broken glass: who may look at which patient beyond their relationships, from when until when; made from the Basic resources that say so
-- (duties/privacy/glass.py). since <= now < until is all there is to ask.
create table glass (
    rid     bigint primary key,
    patient bigint not null,
    since   timestamptz not null,
    until   timestamptz not null,
    person  text collate "C" not null,
    reason  text collate "C" not null
);
create index glass_person on glass (person, patient, until);
grant select, insert, update, delete on glass to baton_app;
