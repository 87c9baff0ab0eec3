-- The worklist's counts ask for labels too: still from its indexes alone.

drop index promise_owner;
create index promise_owner on promise (owner, due, rid) include (patient, waiting, asleep_until, code, labels) where open;
drop index promise_kind;
create index promise_kind on promise (code, due) include (owner, patient, waiting, asleep_until, labels) where open;
