-- Access: the labels of every row, who stands how to which patient, and a second wall behind the filters of the store.

-- Labels are bits (store/policy.json, in its order; bit 1 is every row's). On the pointer: those of the newest version.
alter table resource add column labels integer not null default 1;
create index pointer_labelled on resource (patient) where labels <> 1;
alter table promise add column labels integer not null default 1;

-- Labels of a Patient that reach everything about them. Few have any.
create table patient_label (patient bigint primary key, labels integer not null);
grant select, insert, update, delete on patient_label to baton_app;

-- A person can stand to a patient as a team does: team is the key of whoever it is ("Organization/x", "Practitioner/x", "glass Practitioner/x").
-- since <= now < until is all there is to ask. labels: the patient's own, carried along so that one probe answers.
alter table panel add column since timestamptz not null default '-infinity', add column until timestamptz not null default 'infinity',
    add column labels integer not null default 0;
alter table panel drop constraint panel_pkey, add primary key (patient, team, rid) include (since, until, labels);

-- Roles of staff count within their dates, and say how one stands to the patients of the team.
alter table staff add column since timestamptz not null default '-infinity', add column until timestamptz not null default 'infinity',
    add column relationship text collate "C" not null default 'assigned';

-- The second wall. Bodies are read through `version`, where row security asks the same question as the store's own filters; what is not a body
-- (keys, times, labels) is read from version_row, so that no filter that is not leakproof stands between a search and its index. Both are the
-- same rows: version is a partitioned table of one partition, since PostgreSQL cannot COPY into a table with row security.
alter table version add column patient bigint, add column labels integer not null default 1;
alter table version disable trigger version_stays;
update version v set patient = r.patient from resource r where r.type = v.type and r.rid = v.rid and r.patient is not null;
alter table version enable trigger version_stays;
alter table version rename to version_row;
create table version (like version_row including defaults) partition by range (rid);
alter table version attach partition version_row for values from (minvalue) to (maxvalue);
create trigger version_stays before update or delete or truncate on version for each statement execute function history_stays();

-- Labels of what was said before can be raised when a label is found later; nothing else of a version ever changes.
drop trigger version_stays on version_row;
create trigger version_stays before delete or truncate or update of rid, change_id, at, version, type, id, mac, body, patient
    on version_row for each statement execute function history_stays();
revoke all on version_row from baton_app;
grant insert, update (labels) on version_row to baton_app;
grant select (rid, change_id, at, version, type, id, mac, patient, labels) on version_row to baton_app;

-- Whether the one whose settings this connection carries may see a row of `version`. baton.types holds a letter for each type: which line of
-- baton.masks (one number for each relationship, the bits that block) is the type's. baton.keys are the keys of panel they answer to,
-- baton.kinds the relationship each stands for. baton.now is the minute. Settings that were never made show nothing.
create function may_see(patient bigint, type smallint, labels integer) returns boolean language plpgsql stable as $$
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
    line := (ascii(substr(current_setting('baton.types', true), type, 1)) - 65) * 7;
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

-- The usual case costs one probe and no function: what has no label, of a type all of one's relationships may see (baton.plain: 1 or 0 for each
-- type), about a patient of one's teams.
alter table version enable row level security;
create policy seen on version for select to baton_app using (
    (labels = 1 and substr(current_setting('baton.plain', true), type, 1) = '1' and exists (
        select from panel x
        where x.patient = version.patient and x.team = any(current_setting('baton.keys', true)::bigint[])
            and x.labels = 0 and x.until = 'infinity' and x.since = '-infinity'))
    or may_see(patient, type, labels)
);
grant select on version to baton_app;
