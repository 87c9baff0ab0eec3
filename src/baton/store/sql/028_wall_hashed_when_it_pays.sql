-- The counted views ask whether a patient is on the panel by `exists`, which PostgreSQL may answer by reading the panel once or by probing it for each
-- row, whichever it believes cheaper: a team of fifty thousand was read twice to count four hundred promises.
do $body$
declare
    counted record;
begin
    for counted in select * from (values ('promise', 141), ('enrolment', 48), ('returned', 48), ('reached', 23), ('worked', 8)) as t(name, type) loop
        execute format($view$
            create or replace view %1$I as select r.* from %2$I r where
                case (select substr(current_setting('baton.fast', true), %3$s, 1))
                    when 'E' then true
                    when 'O' then (r.labels = 1 and not r.patient in (select w.patient from patient_label w))
                        or may_see(r.patient, %3$s::smallint, r.labels)
                    when 'P' then (r.labels = 1 and exists (
                        select from panel x where x.patient = r.patient
                            and x.team = any((select current_setting('baton.keys', true)::bigint[])::bigint[])
                            and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity'))
                        or may_see(r.patient, %3$s::smallint, r.labels)
                    else may_see(r.patient, %3$s::smallint, r.labels)
                end
        $view$, counted.name || '_counted', counted.name, counted.type);
    end loop;
end
$body$;
