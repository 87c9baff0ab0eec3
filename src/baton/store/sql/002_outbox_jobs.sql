-- What is announced becomes a job in the same transaction: it can neither be forgotten nor be done for a change that never was.

create function outbox_deferred() returns trigger language plpgsql set search_path = procrastinate, pg_temp as $$
begin
    perform procrastinate_defer_jobs_v1(array[row(
        'outbox', 'deliver', 0, null, 'outbox-' || new.id, jsonb_build_object('outbox_id', new.id), null
    )::procrastinate_job_to_defer_v1]);
    return null;
end $$;
create trigger outbox_deferred after insert on outbox for each row execute function outbox_deferred();
