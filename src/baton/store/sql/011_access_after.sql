-- The worklist's counts ask for labels too: still from its indexes alone.

drop index promise_owner;
create index promise_owner on promise (owner, due, rid) include (patient, waiting, asleep_until, code, labels) where open;
drop index promise_kind;
create index promise_kind on promise (code, due) include (owner, patient, waiting, asleep_until, labels) where open;

-- Beside an erasure one more thing may happen to a version: what is found to be sensitive later was so before (labels are only ever added).
create or replace function only_erased() returns trigger language plpgsql as $$
declare kept version_row := old;
begin
    kept.labels := new.labels;
    if new is not distinct from kept and new.labels & old.labels = old.labels then
        return new;
    end if;
    kept.labels := old.labels;
    kept.body := null;
    kept.erased := new.erased;
    if new.erased is null or old.erased is not null or new is distinct from kept then
        raise exception 'history is only ever added to: a version can lose its body to an erasure and nothing else'
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
