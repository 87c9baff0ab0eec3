-- name: unbook
-- Forget what these appointments said about who is booked when.
delete from booking where rid = any(%s)

-- name: lock_actors
-- One at a time may book these: in one order, so that two who want the same several never wait for each other.
select pg_advisory_xact_lock(key) from (select distinct unnest(%s::bigint[]) as key order by 1) keys

-- name: book
-- Who is booked when, as these appointments say.
insert into booking (rid, actor, during)
select rid, actor, tstzrange(starts, ends) from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]) u (rid, actor, starts, ends)

-- name: bodies_of
-- The current bodies of these resources of one type.
select r.id, v.body from {table} r join version v using (rid, version) where r.type = {type} and r.id = any(%s) and not r.gone

-- name: busy
-- When these are booked within a time, earliest first.
select actor, lower(during), upper(during), rid from booking
where int8range(actor, actor, '[]') && any(%(actors)s::int8range[]) and during && tstzrange(%(start)s, %(end)s) order by lower(during), rid
