-- Lawful erasure: a version's body goes, its row and digest stay, so that changes and seals still prove; the tombstone says who, when and
-- under which law. Only the owner of the tables can do it, only in this way, and never the entrances.

create table erasure (
    id          bigint generated always as identity primary key,
    at          timestamptz not null,
    patient     text collate "C" not null,
    who         text collate "C" not null,
    approved_by text collate "C" not null,
    because     text not null,
    law         text collate "C" not null,
    versions    bigint not null,
    root        bytea not null,  -- digest of number, version and digest of every version erased
    mac         bytea not null   -- keyed, over everything above
);
alter table version add column erased bigint references erasure (id);
create index version_erased on version (erased, rid, version) where erased is not null;
grant select on erasure to baton_app;

-- As before, except that a transaction which says it is erasing may update versions; what it may change there, the next function decides.
create or replace function history_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and tg_table_name = 'version' and current_setting('baton.erasing', true) = 'yes' then
        return null;
    end if;
    raise exception 'history is only ever added to: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;
create function only_erased() returns trigger language plpgsql as $$
declare kept version := old;
begin
    kept.body := null;
    kept.erased := new.erased;
    if new.erased is null or old.erased is not null or new is distinct from kept then
        raise exception 'history is only ever added to: a version can lose its body to an erasure and nothing else'
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger version_only_erased before update on version for each row execute function only_erased();
create trigger erasure_stays before update or delete or truncate on erasure for each statement execute function history_stays();
