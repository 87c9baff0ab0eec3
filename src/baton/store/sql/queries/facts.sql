-- name: facts_tally
-- How many facts of each kind one patient has, by the index alone.
with a as materialized (
    select r.type, r.patient, r.labels, {kind} as kind from resource r
    where r.patient = %(patient)s and r.type in ({types}) and not r.gone
)
select r.kind, count(*), null from a r where {seen} group by r.kind order by r.kind

-- name: facts_counted
-- How many facts of each kind one patient has, and which name nobody who said them and were first written by a program; nothing of them is shown.
with a as materialized (
    select r.type, r.id, r.rid, r.version, r.date_lo, r.patient, r.labels, {kind} as kind from resource r
    where r.patient = %(patient)s and r.type in ({types}) and not r.gone
), f as materialized (
    select * from a r where {seen}
)
select f.kind, count(*), array_agg(f.type || '/' || f.id order by f.date_lo desc, f.rid desc) filter (where {unsaid} and c.who >= 'Device/' and c.who < 'Device0')
from f join version v on v.rid = f.rid and v.version = f.version
join change c on c.id = case f.version when 1 then v.change_id else (
    select w.change_id from version_row w where w.rid = f.rid and w.version = 1) end
group by f.kind order by f.kind

-- name: facts
-- One page of one patient's facts by kind and newest first: each with its body, who first wrote it here and who last; the look in the same statement.
with a as materialized (
    select r.type, r.id, r.rid, r.version, r.date_lo, r.patient, r.labels, {kind} as kind from resource r
    where r.patient = %(patient)s and r.type in ({types}) and not r.gone
), k as materialized (
    select * from a r where r.kind = any(%(kinds)s::smallint[]) and {seen}
        and (%(ids)s::text[] is null or r.id = any(%(ids)s::text[]) and r.type || '/' || r.id = any(%(names)s::text[]))
    order by r.kind, r.date_lo desc, r.rid desc offset %(start)s limit %(limit)s
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    values (%(at)s, array[%(patient)s::bigint], %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s)
)
select k.type, k.id, k.kind, v.version, v.at, v.body, b.at, b.who, b.on_behalf_of, b.entrance, b.because,
    c.at, c.who, c.on_behalf_of, c.entrance, c.because
from k join version v on v.rid = k.rid and v.version = k.version
join change c on c.id = v.change_id
cross join lateral (
    select w.change_id from version_row w where w.rid = k.rid and (w.patient = %(patient)s or w.patient is null) order by w.version limit 1
) o join change b on b.id = o.change_id
order by k.kind, k.date_lo desc, k.rid desc

-- name: fact_versions
-- The versions of one resource of one patient, newest first, each with who wrote it and through which entrance; the look in the same statement.
with k as materialized (
    select v.rid, v.version, v.change_id from {table} r join version_row v on v.rid = r.rid
    where r.type = {type} and r.id = %(id)s and r.patient = %(patient)s and {seen} and {seen_then}
    order by v.version desc limit %(limit)s
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, array[%(patient)s::bigint], %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s where exists (select from k)
)
select v.version, v.at, v.body, c.at, c.who, c.on_behalf_of, c.entrance, c.because
from k join version v on v.rid = k.rid and v.version = k.version join change c on c.id = k.change_id
order by v.version desc
