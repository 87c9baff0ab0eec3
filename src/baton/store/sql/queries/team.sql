-- name: carried
-- What everybody carries: each patient with whoever looks after them now (who covers comes before whose they are), and what is open for them.
kind as materialized (
    select * from unnest(%(codes)s::text[], %(minutes)s::float8[], %(bands)s::int[]) as k(code, minutes, band)
), carrier as materialized (
    select x.patient, coalesce(min(x.team) filter (where x.until < 'infinity'), min(x.team)) as person, bool_or(x.until < 'infinity') as covering
    from panel x join {care_team_table} r on r.rid = x.rid
    where x.team = any(%(people)s::bigint[]) and x.since <= %(now)s and x.until > %(now)s and {seen_team} group by 1
), owed as materialized (
    select p.patient, p.owner, sum(coalesce(k.minutes, %(other)s::float8)) as minutes, max(k.band) as band, count(*)::int as open,
        (count(*) filter (where p.due < %(now)s))::int as late, bool_or(p.code = %(settling)s) as settling
    from promise_counted p left join kind k on k.code = p.code
    where p.open and p.patient is not null and {seen_task} group by 1, 2
), pressing as materialized (
    select patient, bool_or(settling) as settling, greatest(
        coalesce(max(band), 0), case when sum(open) >= %(high)s then 2 when sum(open) >= %(medium)s then 1 else 0 end
    ) as band
    from owed group by patient
), doing as (
    select case when o.owner = any(%(people)s::bigint[]) then o.owner else c.person end as person, o.patient, sum(o.minutes) as minutes,
        sum(o.late)::int as late, sum(o.open)::int as open
    from owed o left join carrier c on c.patient = o.patient where o.owner = any(%(people)s::bigint[]) or c.person is not null group by 1, 2
), load as (
    select coalesce(c.person, d.person) as person, coalesce(c.patient, d.patient) as patient, c.patient is not null as theirs,
        coalesce(c.covering, false) as covering, coalesce(d.minutes, 0) + case when c.patient is null then 0 else %(each)s::float8 end as minutes,
        coalesce(d.late, 0) as late, coalesce(d.open, 0) as open
    from carrier c full join doing d on d.person = c.person and d.patient = c.patient
)

-- name: workloads
-- By person and how pressing: the patients they have or cover, and the unweighed minutes, late and open promises of what they do.
with {carried}
select c.person, coalesce(q.band, 0), count(*), count(*) filter (where c.covering), count(*) * %(each)s::float8, 0, 0
from carrier c left join pressing q on q.patient = c.patient group by 1, 2
union all
select case when o.owner = any(%(people)s::bigint[]) then o.owner else c.person end, q.band, 0, 0, sum(o.minutes), sum(o.late), sum(o.open)
from owed o join pressing q on q.patient = o.patient left join carrier c on c.patient = o.patient
where o.owner = any(%(people)s::bigint[]) or c.person is not null group by 1, 2

-- name: caseload
-- The patients of one person or several, all or those of one kind, the most pressing first, a page of them with their bodies after the
-- limit; with each how many there are in all, how much of it is late, and what they weigh; the look in the same statement.
with {carried}, e as materialized (
    select l.*, coalesce(q.band, 0) as band, coalesce(q.settling, false) as settling from load l left join pressing q on q.patient = l.patient
    where l.person = any(%(persons)s::bigint[]) and {which} and exists (
        select from {patient_table} r where r.type = {patient} and r.patient = l.patient and not r.gone and {seen_patient}
    )
), k as materialized (
    select e.*, count(*) over () as n, sum(e.late) over () as lates, sum(e.minutes * (%(weights)s::float8[])[e.band + 1]) over () as weighed
    from e order by e.band desc, e.minutes desc, e.patient, e.person limit {limit} offset {start}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, keys, %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s
    from (select array(select patient from k) as keys) z where keys <> '{}'
)
select c.body, k.band, k.minutes, k.late, k.open, k.theirs, k.covering, k.settling, k.person, k.n, k.lates, k.weighed
from k cross join lateral (
    select v.body from {patient_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {patient} and r.patient = k.patient and not r.gone and {seen_patient} limit 1
) c order by k.band desc, k.minutes desc, k.patient, k.person

-- name: works
-- Whether somebody has a role that holds, and is among those who work here.
select exists (select from staff s where s.person = %(person)s and s.since <= %(now)s and s.until > %(now)s)
    and not exists (select from {practitioner_table} r where r.type = {practitioner} and r.id = %(id)s and r.tokens && %(inactive)s::bigint[])

-- name: owing
-- Which of some people own an open promise or are named for a patient: asked of those who are gone, so that nothing stays with them.
select k.person from unnest(%(people)s::bigint[]) as k(person)
where exists (select from promise_seen p where p.owner = k.person and p.open)
    or exists (select from panel x where x.team = k.person and x.until > %(now)s)

-- name: weighed
-- What each of some patients weighs, whoever carries them.
with {carried}
select g.patient, coalesce(q.band, 0), coalesce(sum(l.minutes), 0), coalesce(sum(l.open), 0), max(l.person) filter (where l.theirs)
from unnest(%(patients)s::bigint[]) as g(patient)
left join load l on l.patient = g.patient left join pressing q on q.patient = g.patient
group by 1, 2

-- name: uncarried
-- The patients of some teams whom nobody looks after by name: how many, or the first of them with their bodies and the look.
with mine as materialized (
    select distinct x.patient from panel x where x.team = any(%(teams)s::bigint[]) and x.until > %(now)s and x.since <= %(now)s
), k as materialized (
    select m.patient, (select min(p.due) from promise_seen p where p.patient = m.patient and p.open) as due, count(*) over () as n
    from mine m where not exists (
        select from panel y join {care_team_table} r on r.rid = y.rid
        where y.patient = m.patient and y.team = any(%(people)s::bigint[]) and y.until > %(now)s and y.since <= %(now)s
    ) and exists (
        select from {patient_table} r where r.type = {patient} and r.patient = m.patient and not r.gone and {seen_patient}
    )
    order by 2 nulls last, 1 limit {limit} offset {start}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, keys, %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s
    from (select array(select patient from k) as keys) z where keys <> '{}'
)
select c.body, k.n from k cross join lateral (
    select v.body from {patient_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {patient} and r.patient = k.patient and not r.gone limit 1
) c order by k.due nulls last, k.patient

-- name: waiting
-- The patients of the team of those whom no team has taken: how many, and who waits longest, with their bodies and the look.
with k as materialized (
    select r.patient, r.rid, (select count(*) from promise_seen p where p.patient = r.patient and p.open) as open,
        greatest(
            (select v.at from version_row v where v.rid = r.rid and v.version = 1),
            (select max(c.last_updated) from {care_team_table} c where c.patient = r.patient)
        ) as since, count(*) over () as n
    from panel x join {patient_table} r on r.patient = x.patient
    where x.team = %(team)s::bigint and r.type = {patient} and not r.gone and {seen_patient}
    order by 4, r.rid limit {limit} offset {start}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, keys, %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s
    from (select array(select patient from k) as keys) z where keys <> '{}'
)
select v.body, k.since, k.open, k.n from k join {patient_table} r on r.rid = k.rid and r.type = {patient}
join version v on v.rid = r.rid and v.version = r.version order by k.since, k.rid

-- name: done_or_late
-- What was done since an instant, and what fell due since then and is late: by kind, whether it was in time. Read from the index alone.
d as (
    select p.rid, p.patient, p.code, p.due, p.closed_at, p.closed_at <= p.due as kept from promise_counted p
    where not p.open and p.closed_at >= %(since)s and p.status = 'completed' and p.code = any(%(codes)s::text[]) and {seen_task}
    union all
    select p.rid, p.patient, p.code, p.due, null, false from promise_counted p
    where p.open and p.due < %(now)s and p.due >= %(since)s and p.code = any(%(codes)s::text[]) and {seen_task}
)

-- name: clocks
-- By kind: how much was done or is late, and how much of it was in time.
with {d} select d.code, count(*) filter (where d.kept), count(*) from d group by 1

-- name: grouped
-- The same with the groups its patient is counted in; race and ethnicity as US Core says them, which alone reads bodies.
who as materialized (
    select r.patient,
        case when r.tokens && %(spanish)s::bigint[] then 'es' when r.tokens && %(others)s::bigint[] then 'other' else 'en' end as language,
        case when r.tokens && %(female)s::bigint[] then 'female' when r.tokens && %(male)s::bigint[] then 'male' else 'other' end as sex,
        case when r.date_lo = '-infinity' then '-1' else width_bucket(extract(year from age(%(now)s, r.date_lo))::int, %(ages)s::int[])::text
            end as age,
        coalesce((
            select n.name from unnest(%(payers)s::text[], %(payer_tokens)s::bigint[]) with ordinality as n(name, token, place)
            where exists (select from {coverage_table} c where c.patient = r.patient and not c.gone and c.tokens @> array[n.token])
            order by n.place limit 1
        ), 'none') as insurance,
        coalesce(case when cardinality(o.races) > 1 then 'several' else o.races[1] end, 'none') as race,
        coalesce(o.ethnicities[1], 'none') as ethnicity
    from (select distinct d.patient from d where d.patient is not null) x
    join {patient_table} r on r.patient = x.patient and r.type = {patient} and not r.gone
    left join lateral (
        select array(select distinct m ->> 0 from jsonb_path_query(v.body::jsonb, %(race)s::jsonpath) m) as races,
            array(select m ->> 0 from jsonb_path_query(v.body::jsonb, %(ethnicity)s::jsonpath) m) as ethnicities
        from version v where v.rid = r.rid and v.version = r.version and v.body like %(omb)s and position(%(nul)s in v.body) = 0
    ) o on true
)

-- name: with_groups
-- What was counted, each with its patient's groups.
g as (
    select d.rid, d.patient, d.code, d.due, d.closed_at, d.kept, w.language, w.sex, w.age, w.insurance, w.race, w.ethnicity
    from d join who w on w.patient = d.patient
)

-- name: groups_of
-- The groups of some patients.
with d as (select unnest(%(patients)s::bigint[]) as patient), {who}
select w.patient, w.language, w.sex, w.age, w.race, w.ethnicity, w.insurance from who w

-- name: equity
-- By each kind of group: how many were in time, of how many, for how many people.
with {d}, {g}
select k.kind, k.name, count(*) filter (where g.kept), count(*), count(distinct g.patient) from g cross join lateral (values
    ('language', g.language), ('sex', g.sex), ('age', g.age), ('race', g.race), ('ethnicity', g.ethnicity), ('insurance', g.insurance)
) as k(kind, name)
group by 1, 2

-- name: behind_a_number
-- The promises that a number counted, those late still first, then the latest: how many of how many people they are in all, and a page of
-- them with their patients; the look in the same statement.
with {rows}, e as materialized (
    select * from {source} where {where}
), k as materialized (
    select * from e order by closed_at desc nulls first, due desc, rid desc limit {limit} offset {start}
), l as (
    insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of)
    select %(at)s, keys, %(who)s, %(entrance)s, %(purpose)s, %(what)s, %(role)s, %(on_behalf_of)s
    from (select array(select distinct patient from k where patient is not null) as keys) z where keys <> '{}'
)
select t.n, t.people, k.rid is not null, c.body, k.code, k.due, k.closed_at, k.kept
from (select count(*) as n, count(distinct patient) as people from e) t left join k on true left join lateral (
    select v.body from {patient_table} r join version v on v.rid = r.rid and v.version = r.version
    where r.type = {patient} and r.patient = k.patient and not r.gone limit 1
) c on true order by k.closed_at desc nulls first, k.due desc, k.rid desc

-- name: waited
-- What was done since an instant and is counted among the waits.
w as (
    select p.rid, p.patient, p.code, p.due, p.closed_at, p.closed_at <= p.due as kept, extract(epoch from p.closed_at - r.date_lo) as took
    from promise_counted p join {task_table} r on r.rid = p.rid
    where not p.open and p.closed_at >= %(since)s and p.status = 'completed' and p.code = any(%(codes)s::text[]) and r.date_lo > '-infinity'
        and {seen_task}
)

-- name: no_longer
-- The same, each with whether it took no longer than the middle one of its kind.
{w}, m as (
    select code, percentile_cont(0.5) within group (order by took) as middle from w group by 1
), d as (
    select w.rid, w.patient, w.code, w.due, w.closed_at, w.took <= m.middle as kept from w join m on m.code = w.code
)

-- name: waits
-- By kind: how many days from when it was owed until it was done, the middle one and the one that nine of ten stay under.
with {w}
select code, count(*), percentile_cont(0.5) within group (order by took / 86400), percentile_cont(0.9) within group (order by took / 86400)
from w group by 1
