-- name: create
-- A new resource in one statement: its change, first version, pointer and index rows. Nothing at all when its patient is not the creator's to see.
with c as (
    insert into change (at, who, on_behalf_of, because, entrance, purpose, mac)
    select $1::timestamptz, $2, $3, $4, $5, $6, $7::bytea
    where ($8::bigint[] is null and ($16::integer = 0 or not exists (select 1 from patient_label where patient = $9::bigint and labels & $16::integer <> 0)))
        or exists (select 1 from panel where patient = $9::bigint and team = any($8::bigint[]) and until > $1::timestamptz and since <= $1::timestamptz
                   and labels & $16::integer = 0)
    returning id
), i as materialized (
    select id as change_id, nextval('rid_seq') as rid from c
), v as (
    insert into version_row (rid, change_id, at, version, type, id, mac, body, patient, labels)
    select rid, change_id, $1::timestamptz, 1, {type}, $10, $11::bytea, $12, $9::bigint, $17::integer from i
){more}
insert into resource (rid, patient, date_lo, date_hi, last_updated, version, type, id, tokens, labels)
select rid, $9::bigint, $13::timestamptz, $14::timestamptz, $1::timestamptz, 1, {type}, $10, $15::bigint[], $17::integer from i
returning rid

-- name: create_names
-- The strings of that resource, in the same statement.
, n as (
    insert into name (rid, type, param, value, text)
    select i.rid, {type}, u.param, u.value, u.text from i, unnest({params}::integer[], {values}::text[], {texts}::text[]) as u (param, value, text)
)

-- name: create_moments
-- The further dates of that resource, in the same statement.
, m as (
    insert into moment (rid, type, param, lo, hi)
    select i.rid, {type}, u.param, u.lo, u.hi from i, unnest({params}::integer[], {los}::timestamptz[], {his}::timestamptz[]) as u (param, lo, hi)
)

-- name: create_promise
-- The worklist row of that resource, in the same statement.
, p as (
    insert into promise (rid, patient, labels, owner, due, asleep_until, closed_at, open, waiting, code, status)
    select rid, $9::bigint, $17::integer, ({row}).* from i
)

-- name: hold
-- Lock the pointers of some resources of one type until the transaction ends. The body can be missing when another transaction wrote it while we waited.
select r.rid, r.id, r.version, r.patient, r.labels, v.at, v.body, v.rid is not null as complete
from (select rid, id, version, patient, labels from resource where type = {type} and id = any($1) order by rid for update) r
left join version v on v.rid = r.rid and v.version = r.version

-- name: reached
-- Which of these rows a program's limits reach.
select r.rid from {table} r where r.type = {type} and r.rid = any(%s) and {condition}

-- name: bodies
-- The bodies of versions whose pointers are locked.
select v.rid, v.at, v.body from version v join resource r on r.type = {type} and r.rid = v.rid and r.version = v.version where v.rid = any(%s)

-- name: numbers
-- Numbers for one change and for its new resources.
select nextval('change_id'), (select array_agg(nextval('rid_seq')) from generate_series(1, %s))

-- name: change
-- The record of one change, written when all its versions are known.
insert into change (id, at, who, on_behalf_of, because, entrance, purpose, mac) values (%s, %s, %s, %s, %s, %s, %s, %s)

-- name: point
-- Move pointers to new versions.
update resource r
set patient = u.patient, date_lo = u.lo, date_hi = u.hi, last_updated = u.at, version = u.version, gone = u.gone, tokens = u.tokens::bigint[],
    labels = u.labels
from unnest(%s::timestamptz[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::integer[], %s::boolean[], %s::text[],
    %s::integer[]) as u (at, rid, patient, lo, hi, version, gone, tokens, labels)
where r.type = {type} and r.rid = u.rid

-- name: labelled_now
-- Patients of whom something carries a label now.
insert into labelled (patient) select unnest(%s::bigint[]) on conflict do nothing

-- name: unname
-- Forget the strings of resources that were written anew.
delete from name where rid = any(%s)

-- name: unmoment
-- Forget the further dates of resources that were written anew.
delete from moment where rid = any(%s)

-- name: unpromise
-- Forget the worklist rows of resources that were written anew.
delete from promise where rid = any(%s)

-- name: announce
-- Something to be sent once this change stands.
insert into outbox (change_id, at, topic, payload) values (%s, %s, %s, %s)

-- name: lock_patients
-- One at a time may change whose patients these are.
select pg_advisory_xact_lock(key) from (select unnest(%s::bigint[]) as key order by 1) keys

-- name: unpanel
-- Forget what these care teams said about whose patient it is; says which patients they spoke of.
delete from panel where rid = any(%s) returning patient

-- name: panel
-- What care teams say about whose patient it is.
insert into panel (team, patient, since, until, rid, labels)
select u.team, u.patient, coalesce(u.since, '-infinity'), coalesce(u.until, 'infinity'), u.rid, coalesce(w.labels, 0)
from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bigint[]) as u (team, patient, since, until, rid)
left join patient_label w on w.patient = u.patient
on conflict do nothing

-- name: adopt
-- Patients that some team has are the intake team's no longer.
delete from panel p where p.rid = 0 and p.patient = any(%s)
    and exists (select 1 from panel q join team t on t.team = q.team where q.patient = p.patient and q.rid <> 0)

-- name: orphan
-- Patients that no team has are the intake team's.
insert into panel (team, patient, rid, labels)
select %s, r.patient, 0, coalesce((select w.labels from patient_label w where w.patient = r.patient), 0) from resource r
where r.type = {type} and r.patient = any(%s) and not r.gone
    and not exists (select 1 from panel q join team t on t.team = q.team where q.patient = r.patient and q.rid <> 0)
on conflict do nothing

-- name: label_patient
-- The labels that reach everything about a patient, on their row and on every row of the panel.
with kept as (
    insert into patient_label (patient, labels) select %(patient)s, %(labels)s where %(labels)s <> 0
    on conflict (patient) do update set labels = excluded.labels
), gone as (
    delete from patient_label where patient = %(patient)s and %(labels)s = 0
)
update panel set labels = %(labels)s where patient = %(patient)s and labels <> %(labels)s

-- name: raise_labels
-- What a resource was before is no less sensitive than what it is now.
update version_row v set labels = v.labels | u.labels from unnest(%s::bigint[], %s::integer[]) as u (rid, labels)
where v.rid = u.rid and v.labels & u.labels <> u.labels

-- name: unstaff
-- Forget what these roles said about who works here.
delete from staff where rid = any(%s)

-- name: staff
-- What these roles say about who works here.
insert into staff (rid, person, role, team, relationship, since, until)
select rid, person, role, team, relationship, coalesce(since, '-infinity'), coalesce(until, 'infinity')
from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
    as u (rid, person, role, team, relationship, since, until)

-- name: unteam
-- These organizations are no teams any more; says which were.
delete from team where rid = any(%s) returning team

-- name: team
-- These organizations are teams.
insert into team (team, rid) select * from unnest(%s::bigint[], %s::bigint[]) on conflict do nothing returning team

-- name: patients_of
-- The patients that care teams gave to these organizations.
select distinct patient from panel where team = any(%s)

-- name: unglass
-- Forget what these grants opened.
delete from glass where rid = any(%s)

-- name: glass
-- What these grants open: for whom, whose chart, from when until when, and why.
insert into glass (rid, patient, since, until, person, reason)
select * from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[])
