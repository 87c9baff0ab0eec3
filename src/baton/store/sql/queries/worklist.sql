-- name: promises_of_owners
-- Where a worklist of several owners is read: the first of each by its index, instead of all of all sorted.
unnest(%(owner)s::bigint[]) as o(owner) cross join lateral (
    select * from promise_seen p where p.open and p.owner = o.owner and {where} order by p.due, p.rid limit {limit}
) p

-- name: promise_standing
-- What is open for each of some patients: how much, and the promise due first with its body; the look in the same statement.
with g as (
    select unnest(%(patients)s::bigint[]) as patient
), k as materialized (
    select g.patient, c.n, f.rid, f.code, f.due, f.asleep_until, f.status from g cross join lateral (
        select count(*) as n from promise_seen p where p.patient = g.patient and p.open and {where}
    ) c cross join lateral (
        select p.rid, p.code, p.due, nullif(p.asleep_until, '-infinity') as asleep_until, p.status
        from promise_seen p where p.patient = g.patient and p.open and {where} order by p.due, p.rid limit 1
    ) f
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, keys, %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s
    from (select array(select patient from k) as keys) z where keys <> '{}'
)
select t.id, t.version, k.code, k.due, k.asleep_until, k.status, t.body, null, k.rid, k.n
from k cross join lateral (
    select r.id, r.version, v.body from {task_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {task} and r.rid = k.rid limit 1
) t

-- name: pressing_patients
-- The patients with a promise in some state, the most pressing first (or who have most of them); the look in the same statement.
with k as materialized (
    select p.patient, min(p.due) as due, count(*) as n from promise_counted p where p.open and p.patient is not null and {where}
    group by p.patient order by {order} limit {limit}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, keys, %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s
    from (select array(select patient from k) as keys) z where keys <> '{}'
)
select c.body from k cross join lateral (
    select v.body from {patient_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {patient} and r.patient = k.patient and not r.gone and {seen_patient} limit 1
) c order by {of_k}

-- name: promises_due
-- How many open promises of some owners are due within a span.
select count(*) from promise_counted p where p.open and p.due between %(first)s and %(last)s and {where}

-- name: promises_closed
-- What was closed since an instant, the latest first, with Task and Patient bodies after the limit; the look in the same statement.
with k as materialized (
    select p.rid, p.patient, p.closed_at, p.code, p.status from promise_seen p where {where} order by p.closed_at desc, p.rid desc limit {limit}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, keys, %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s
    from (select array(select distinct patient from k where patient is not null) as keys) z where keys <> '{}'
)
select t.id, t.version, k.code, k.closed_at, null, k.status, t.body, c.body, k.rid
from k cross join lateral (
    select r.id, r.version, v.body from {task_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {task} and r.rid = k.rid limit 1
) t left join lateral (
    select v.body from {patient_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {patient} and r.patient = k.patient and not r.gone limit 1
) c on true
order by k.closed_at desc, k.rid desc

-- name: promises_of
-- The open promises of one kind to one patient, by their ids.
select r.id from promise_seen p join {task_table} r on r.rid = p.rid where p.open and {where} order by p.due, p.rid
