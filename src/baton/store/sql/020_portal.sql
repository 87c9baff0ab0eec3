-- Patients and those they let in stand to a patient in ways of their own (self, proxy, helper): three more places in every line of baton.masks.

create or replace function may_see(patient bigint, type smallint, labels integer) returns boolean language plpgsql stable as $$
declare
    masks integer[] := current_setting('baton.masks', true);
    line integer;
    reaching integer;
    keys bigint[];
    kinds integer[];
    instant timestamptz;
begin
    if masks = '{0}' then return true; end if;
    if coalesce(cardinality(masks), 0) = 0 then return false; end if;
    line := (ascii(substr(current_setting('baton.types', true), type, 1)) - 65) * 10;
    if patient is null then return labels & masks[line + 1] = 0; end if;
    reaching := labels | coalesce((select w.labels from patient_label w where w.patient = may_see.patient), 0);
    if reaching & masks[line + 2] = 0 then return true; end if;
    keys := current_setting('baton.keys', true);
    kinds := current_setting('baton.kinds', true);
    instant := current_setting('baton.now', true);
    return exists (
        select from panel x
        where x.patient = may_see.patient and x.team = any(keys) and x.until > instant and x.since < instant + interval '1 minute'
            and reaching & masks[line + 1 + kinds[array_position(keys, x.team)]] = 0
    );
end $$;
