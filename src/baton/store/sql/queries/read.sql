-- name: stored
-- One resource by its id, with the record of the look in the same statement.
with r as materialized (
    select rid, version, patient, gone from {table} r where type = {type} and id = $1 and {seen}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select $2::timestamptz, array[patient], $3, $4, $5, $6, $7, $8 from r where patient is not null and not gone
)
select v.version, v.at, v.body from r join version v on v.rid = r.rid and v.version = r.version

-- name: stored_version
-- One version ($9) of a resource: what it is now and what it was then must be theirs to see.
with r as materialized (
    select r.rid, r.patient, r.gone, v.version from {table} r join version_row v on v.rid = r.rid and v.version = $9::integer
    where r.type = {type} and r.id = $1 and {seen} and {seen_then}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select $2::timestamptz, array[patient], $3, $4, $5, $6, $7, $8 from r where patient is not null and not gone
)
select v.version, v.at, v.body from r join version v on v.rid = r.rid and v.version = r.version

-- name: stored_at
-- One resource as it was known at an instant ($9).
with r as materialized (
    select r.rid, r.patient, v.version from {table} r join lateral (
        select version, patient, labels from version_row where rid = r.rid and at <= $9::timestamptz order by version desc limit 1
    ) v on {seen_then}
    where r.type = {type} and r.id = $1 and {seen}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select $2::timestamptz, array[patient], $3, $4, $5, $6, $7, $8 from r where patient is not null
)
select v.version, v.at, v.body from r join version v on v.rid = r.rid and v.version = r.version

-- name: look
-- A look that no other statement recorded, or something else that was no change.
insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of, outcome, detail)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)

-- name: compartment
-- Everything current of one patient in some types, newest first, so many of each; the look in the same statement.
with t as (
    select unnest(%(types)s::smallint[]) as type
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    values (%(at)s, array[%(patient)s::bigint], %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s)
)
select k.type, k.id, v.version, v.at, v.body
from t join lateral (
    select r.type, r.id, r.rid, r.version, r.date_lo from resource r
    where r.type = t.type and r.patient = %(patient)s and not r.gone and {seen} order by r.date_lo desc, r.rid desc limit %(limit)s
) k on true
join version v on v.rid = k.rid and v.version = k.version
order by k.type, k.date_lo desc, k.rid desc

-- name: compartment_at
-- The same as it was known at an instant. The pointers of deleted resources still say whose they were.
with l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    values (%(at)s, array[%(patient)s::bigint], %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s)
)
select r.type, r.id, v.version, v.at, v.body
from resource r join lateral (
    select rid, version, patient, labels, type from version_row where rid = r.rid and at <= %(then)s order by version desc limit 1
) k on {seen_then}
join version v on v.rid = k.rid and v.version = k.version
where r.type = any(%(types)s::smallint[]) and r.patient = %(patient)s and v.body is not null and {seen}
order by r.type, r.date_lo desc, r.rid desc

-- name: sees_patient
-- Whether this patient is theirs to see; one who is not there, by the teams that would have them.
select exists (select 1 from resource_patient r where r.type = {type} and r.patient = %(patient)s and {seen})

-- name: standing
-- By which of these keys one stands to these patients now; and (without a key) the labels that reach everything about them.
select x.patient, x.team, x.labels from panel x
where x.patient = any(%(patients)s) and x.team = any(%(keys)s) and x.until > %(now)s and x.since <= %(now)s
union all
select w.patient, null, w.labels from patient_label w where w.patient = any(%(patients)s)

-- name: labelled
-- Whether anything about a patient ever carried a label.
select exists (select from labelled where patient = %s)

-- name: withheld
-- Whether something of one patient is withheld from who sees the patient, and may be known to be.
select exists (select 1 from resource_patient r where r.type = {type} and r.patient = %(patient)s and not r.gone and {seen})
    and (exists (select 1 from resource r where r.patient = %(patient)s and r.labels <> 1 and not r.gone and {withheld})
         or exists (select 1 from patient_label w join resource r on r.patient = w.patient and not r.gone
                    where w.patient = %(patient)s and {withheld}))

-- name: staff_of
-- What someone is here: their roles and teams.
select s.role, s.team, s.relationship, r.id
from staff s left join resource_practitionerrole r on r.type = {type} and r.rid = s.rid
where s.person = %s and s.since <= %s and s.until > %s

-- name: everything
-- All of one patient's compartment by type and newest first; the look in the same statement.
with k as materialized (
    select r.type, r.id, r.rid, r.version from resource r
    where r.patient = %(patient)s and r.type = any(%(types)s::smallint[]) and not r.gone and {seen} and {limits}
        and (%(rid)s::bigint is null or r.type > %(type)s::smallint or (r.type = %(type)s::smallint and r.rid < %(rid)s::bigint))
    order by r.type, r.rid desc limit %(limit)s
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    values (%(at)s, array[%(patient)s::bigint], %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s)
)
select k.type, k.id, v.version, v.at, v.body, k.rid from k join version v on v.rid = k.rid and v.version = k.version
order by k.type, k.rid desc

-- name: history
-- One page of versions, newest first; the look in the same statement.
with k as materialized (
    select v.type, v.id, v.version, v.at, v.rid, r.patient from version_row v join resource r on r.type = v.type and r.rid = v.rid
    where {where} order by v.at desc, v.rid desc, v.version desc limit {limit}
), p as (
    select array(select distinct patient from (select patient from k order by at desc, rid desc, version desc limit {shown}) z
                 where patient is not null) as keys
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of) select {look} from p where p.keys <> '{}'
)
select k.type, k.id, k.version, k.at, v.body, k.rid from k join version v on v.rid = k.rid and v.version = k.version
order by k.at desc, k.rid desc, k.version desc

-- name: promises
-- The open promises of a worklist, the earliest due first; Task and Patient bodies after the limit, one by one; the look in the same statement.
with k as materialized (
    select p.rid, p.patient, p.owner, p.due, nullif(p.asleep_until, '-infinity') as asleep_until, p.code, p.status
    from {source} order by p.due, p.rid limit {limit}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, keys, %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s
    from (select array(select distinct patient from k where patient is not null) as keys) z where keys <> '{}'
)
select t.id, t.version, k.code, k.due, k.asleep_until, k.status, t.body, c.body, k.rid
from k cross join lateral (
    select r.id, r.version, v.body from {task_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {task} and r.rid = k.rid limit 1
) t left join lateral (
    select v.body from {patient_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {patient} and r.patient = k.patient and not r.gone and {seen_patient} limit 1
) c on true
order by k.due, k.rid

-- name: promise_tally
-- How many open promises there are of each kind in each state (as worklist.py says them): a row is asked once which it is in, and the panel hashed once.
select p.code, case when {asleep} then 'asleep' when p.due < %(now)s then 'late' when p.waiting then 'waiting'
    when p.due <= %(end_of_today)s then 'today' else 'coming' end, count(*)
from promise_counted p where p.open and {where} group by 1, 2
union all
select p.code, 'closed_since', count(*) from promise_counted p where not p.open and p.closed_at >= %(closed_since)s and {where} group by 1

-- name: patients_seen
-- How many patients somebody sees.
select count(*) from resource_patient r where r.type = {type} and not r.gone and {seen} and {wall}

-- name: body
-- The current body of one resource, for the store itself: no look, since nobody is shown it.
select v.body from resource r join version v on v.rid = r.rid and v.version = r.version where r.type = {type} and r.id = %s and not r.gone

-- name: versions_of_changes
-- What some changes wrote, and whose it is: for the trail, at most so many of each.
select c.id, w.type, w.id, w.version, w.patient
from unnest(%(ids)s::bigint[]) as c (id) cross join lateral (
    select v.type, v.id, v.version, r.patient from version_row v join resource r on r.type = v.type and r.rid = v.rid
    where v.change_id = c.id order by v.type, v.id, v.version limit %(most)s
) w

-- name: patients_of_keys
-- Which patients these keys stand for.
select patient, id from resource where type = {type} and patient = any(%(keys)s::bigint[])

-- name: open_glass
-- Until when somebody may look at a patient beyond their relationships, and why.
select until, reason from glass where person = %s and patient = %s and since <= %s and until > %s order by until desc limit 1

-- name: openings
-- Charts that people opened among some looks: who, in which role, whose, and the first look of each.
select l.who, min(l.role), u.patient, p.id, min(l.id), min(l.at)
from look l cross join lateral unnest(l.patients) u (patient) join resource p on p.type = {type} and p.patient = u.patient
where l.id > %(after)s and l.id <= %(to)s and {opened}
group by l.who, u.patient, p.id order by min(l.id)

-- name: opened_since
-- When somebody opened whose chart, since an instant; by the sealer's index.
select u.patient, min(l.at) from trail t join look l on l.id = any(t.looks) cross join lateral unnest(l.patients) u (patient)
where t.key = %(key)s and t.seal >= %(seal)s and l.at >= %(since)s and l.at <= %(until)s and {opened} group by u.patient

-- name: teams_of_patients
-- Which teams these patients are with.
select patient, team from panel where patient = any(%s)

-- name: namesakes
-- People at work of these family names (normalised).
select v.body from name n join resource r on r.type = {type} and r.rid = n.rid and not r.gone
join version v on v.rid = r.rid and v.version = r.version
where n.type = {type} and n.param = {family} and n.value = any(%s)
    and exists (select from staff s where s.person = 'Practitioner/' || r.id)

-- name: bodies_unseen
-- The current bodies of some resources of a type, for the store itself: nobody is shown them.
select r.id, v.body from resource r join version v on v.rid = r.rid and v.version = r.version
where r.type = {type} and r.id = any(%s) and not r.gone

-- name: refused
-- Somebody asked for one resource that is not theirs to see: recorded when it is there.
insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of, outcome, detail)
select %(at)s, array[patient], %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s, %(outcome)s, %(detail)s
from {table} resource where type = {type} and id = %(id)s and patient is not null and not gone

-- name: first_shown
-- When somebody was first shown a patient, or wrote about them, since an instant: by the sealer's index, then what is not sealed yet.
select min(at) from (
    (select l.at from trail t join look l on l.id = any(t.looks)
     where t.key = %(key)s and t.seal >= %(seal)s and l.who = %(person)s and l.outcome is null and l.at >= %(since)s order by l.at limit 1)
    union all
    (select c.at from trail t join change c on c.id = any(t.changes)
     where t.key = %(key)s and t.seal >= %(seal)s and c.who = %(person)s and c.at >= %(since)s order by c.at limit 1)
    union all
    (select l.at from look l where l.id > (select coalesce(max(last_look), 0) from seal) and l.patients @> array[%(key)s::bigint]
     and l.who = %(person)s and l.outcome is null and l.at >= %(since)s order by l.at limit 1)
    union all
    (select c.at from change c where c.id > (select coalesce(max(last_change), 0) from seal) and c.who = %(person)s and c.at >= %(since)s
     and exists (select from version_row v where v.change_id = c.id and v.patient = %(key)s) order by c.at limit 1)
) z having min(at) is not null
