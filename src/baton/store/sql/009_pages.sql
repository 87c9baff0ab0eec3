-- What the coordinators' pages ask of the worklist is answered from its indexes alone.

drop index promise_owner;
create index promise_owner on promise (owner, due, rid) include (patient, waiting, asleep_until, code) where open;
create index promise_kind on promise (code, due) include (owner, patient, waiting, asleep_until) where open;
