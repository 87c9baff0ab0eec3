-- name: lock_enrolments
-- One at a time may enrol these: in one order, so that two who want the same several never wait for each other.
select pg_advisory_xact_lock(key) from (select distinct unnest(%s::bigint[]) as key order by 1) keys

-- name: unenrol
-- Forget what these resources said about enrolments, contacts and time.
with e as (delete from enrolment where rid = any(%(rids)s)), r as (delete from reached where rid = any(%(rids)s)),
    b as (delete from returned where rid = any(%(rids)s))
delete from worked where rid = any(%(rids)s)

-- name: enrolled
-- Which of these are in these programs now.
select patient, program from enrolled(%s::bigint[], %s::text[])

-- name: enrol
-- Who is enrolled in what, as these episodes say.
insert into enrolment (rid, patient, program, phase, status, open, since, risk, labels)
select * from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %s::smallint[], %s::integer[])

-- name: reach
-- Who was reached when, as these say.
insert into reached (rid, patient, at, labels) select * from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::integer[])

-- name: return
-- Who was back in hospital when, as these say.
insert into returned (rid, patient, at, labels) select * from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::integer[])

-- name: work
-- Who worked for whom when, as these say.
insert into worked (rid, patient, person, program, during, labels)
select rid, patient, person, program, tstzrange(starts, ends), labels
from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::integer[])
    u (rid, patient, person, program, starts, ends, labels)

-- name: population
-- A population with what is open, late and unmet and when each was last reached: one walk of each index, hashed by patient.
with g as materialized (
    select g.patient, g.program, g.phase, g.status, g.since, g.risk from {source} where {who}
), o as materialized (
    select p.patient, count(*) as open, count(*) filter (where not {asleep} and p.due < %(now)s) as late from promise_counted p
    where p.open and p.patient in (select patient from g) group by p.patient
), c as materialized (
    select x.patient, max(x.at) as at from reached_counted x where x.patient in (select patient from g) group by x.patient
), b as materialized (
    select x.patient, max(x.at) as at from returned_counted x
    where x.at >= %(year)s and x.patient in (select patient from g) and {stays} group by x.patient
), n as materialized (
    select r.patient, count(*) as needs from resource_condition r
    where r.type = {condition} and not r.gone and r.tokens @> %(needs)s::bigint[] and r.patient is not null group by r.patient
)
select r.id, g.program, g.phase, g.status, g.since, g.risk, coalesce(o.open, 0), coalesce(o.late, 0), c.at, coalesce(n.needs, 0), b.at,
    count(*) over ()
from g join resource_patient r on r.patient = g.patient and r.type = {patient} and not r.gone
left join o on o.patient = g.patient left join c on c.patient = g.patient left join n on n.patient = g.patient
left join b on b.patient = g.patient
where {filters}
order by coalesce(o.late, 0) > 0 desc, g.risk desc, c.at nulls first, coalesce(o.late, 0) desc, r.id, g.program
limit %(limit)s offset %(offset)s

-- name: population_phases
-- How many are in each phase and state of each program.
select e.program, e.phase, e.status, count(*) from enrolment_counted e where e.open and {who} group by 1, 2, 3 order by 1, 2, 3

-- name: minutes_between
-- Who worked for whom between two instants, patient by patient.
select w.rid, w.patient, w.person, w.program, lower(w.during), upper(w.during), b.id
from worked_counted w join resource_other b on b.rid = w.rid and b.type = {basic}
where w.during && tstzrange(%(start)s, %(end)s) and {who} order by w.patient, lower(w.during), w.rid
