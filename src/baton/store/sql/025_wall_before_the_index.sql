-- The second wall before the index tables that say something about patients without a body: the worklist, programs, contacts,
-- returns to hospital, time worked.

-- A view of each, with the same question as the policy on `version`, asked of the settings the connection stands on; the entrances may read the
-- view and no longer the table. A view that is no security barrier and not a policy: a policy would keep every filter that is not leakproof
-- from its index, and would hide from the door the rows it must write anew (a guard sees everything). Whoever forgets the wall in a new statement
-- is refused by PostgreSQL instead of being shown too much. What it costs stands in docs/security.md.
-- Each twice: `_seen` asks the panel for each row and stops early, for lists; `_counted` reads the panel once, for counts that go through all.

create view promise_seen as select r.* from promise r where
    case (select substr(current_setting('baton.fast', true), 141, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not exists (select from patient_label w where w.patient = r.patient offset 0))
            or may_see(r.patient, 141::smallint, r.labels)
        when 'P' then (r.labels = 1 and exists (
            select from panel x where x.patient = r.patient and x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity' offset 0))
            or may_see(r.patient, 141::smallint, r.labels)
        else may_see(r.patient, 141::smallint, r.labels)
    end;
create view promise_counted as select r.* from promise r where
    case (select substr(current_setting('baton.fast', true), 141, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not r.patient in (select w.patient from patient_label w))
            or may_see(r.patient, 141::smallint, r.labels)
        when 'P' then (r.labels = 1 and r.patient in (
            select x.patient from panel x where x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity'))
            or may_see(r.patient, 141::smallint, r.labels)
        else may_see(r.patient, 141::smallint, r.labels)
    end;
grant select on promise_seen, promise_counted to baton_app;
revoke select on promise from baton_app;
grant select (rid) on promise to baton_app;

create view enrolment_seen as select r.* from enrolment r where
    case (select substr(current_setting('baton.fast', true), 48, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not exists (select from patient_label w where w.patient = r.patient offset 0))
            or may_see(r.patient, 48::smallint, r.labels)
        when 'P' then (r.labels = 1 and exists (
            select from panel x where x.patient = r.patient and x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity' offset 0))
            or may_see(r.patient, 48::smallint, r.labels)
        else may_see(r.patient, 48::smallint, r.labels)
    end;
create view enrolment_counted as select r.* from enrolment r where
    case (select substr(current_setting('baton.fast', true), 48, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not r.patient in (select w.patient from patient_label w))
            or may_see(r.patient, 48::smallint, r.labels)
        when 'P' then (r.labels = 1 and r.patient in (
            select x.patient from panel x where x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity'))
            or may_see(r.patient, 48::smallint, r.labels)
        else may_see(r.patient, 48::smallint, r.labels)
    end;
grant select on enrolment_seen, enrolment_counted to baton_app;
revoke select on enrolment from baton_app;
grant select (rid) on enrolment to baton_app;

create view returned_seen as select r.* from returned r where
    case (select substr(current_setting('baton.fast', true), 48, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not exists (select from patient_label w where w.patient = r.patient offset 0))
            or may_see(r.patient, 48::smallint, r.labels)
        when 'P' then (r.labels = 1 and exists (
            select from panel x where x.patient = r.patient and x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity' offset 0))
            or may_see(r.patient, 48::smallint, r.labels)
        else may_see(r.patient, 48::smallint, r.labels)
    end;
create view returned_counted as select r.* from returned r where
    case (select substr(current_setting('baton.fast', true), 48, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not r.patient in (select w.patient from patient_label w))
            or may_see(r.patient, 48::smallint, r.labels)
        when 'P' then (r.labels = 1 and r.patient in (
            select x.patient from panel x where x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity'))
            or may_see(r.patient, 48::smallint, r.labels)
        else may_see(r.patient, 48::smallint, r.labels)
    end;
grant select on returned_seen, returned_counted to baton_app;
revoke select on returned from baton_app;
grant select (rid) on returned to baton_app;

create view reached_seen as select r.* from reached r where
    case (select substr(current_setting('baton.fast', true), 23, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not exists (select from patient_label w where w.patient = r.patient offset 0))
            or may_see(r.patient, 23::smallint, r.labels)
        when 'P' then (r.labels = 1 and exists (
            select from panel x where x.patient = r.patient and x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity' offset 0))
            or may_see(r.patient, 23::smallint, r.labels)
        else may_see(r.patient, 23::smallint, r.labels)
    end;
create view reached_counted as select r.* from reached r where
    case (select substr(current_setting('baton.fast', true), 23, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not r.patient in (select w.patient from patient_label w))
            or may_see(r.patient, 23::smallint, r.labels)
        when 'P' then (r.labels = 1 and r.patient in (
            select x.patient from panel x where x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity'))
            or may_see(r.patient, 23::smallint, r.labels)
        else may_see(r.patient, 23::smallint, r.labels)
    end;
grant select on reached_seen, reached_counted to baton_app;
revoke select on reached from baton_app;
grant select (rid) on reached to baton_app;

create view worked_seen as select r.* from worked r where
    case (select substr(current_setting('baton.fast', true), 8, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not exists (select from patient_label w where w.patient = r.patient offset 0))
            or may_see(r.patient, 8::smallint, r.labels)
        when 'P' then (r.labels = 1 and exists (
            select from panel x where x.patient = r.patient and x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity' offset 0))
            or may_see(r.patient, 8::smallint, r.labels)
        else may_see(r.patient, 8::smallint, r.labels)
    end;
create view worked_counted as select r.* from worked r where
    case (select substr(current_setting('baton.fast', true), 8, 1))
        when 'E' then true
        when 'O' then (r.labels = 1 and not r.patient in (select w.patient from patient_label w))
            or may_see(r.patient, 8::smallint, r.labels)
        when 'P' then (r.labels = 1 and r.patient in (
            select x.patient from panel x where x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity'))
            or may_see(r.patient, 8::smallint, r.labels)
        else may_see(r.patient, 8::smallint, r.labels)
    end;
grant select on worked_seen, worked_counted to baton_app;
revoke select on worked from baton_app;
grant select (rid) on worked to baton_app;

-- Before it enrols, the door must know of an enrolment that who writes may not see: which of these are in these programs now, and nothing more.
create function enrolled(patients bigint[], programs text[]) returns table (patient bigint, program text)
language sql stable security definer set search_path from current as $$
    select e.patient, e.program from enrolment e
    join unnest(patients, programs) u (patient, program) on e.patient = u.patient and e.program = u.program where e.open
$$;
revoke all on function enrolled from public;
grant execute on function enrolled to baton_app;
