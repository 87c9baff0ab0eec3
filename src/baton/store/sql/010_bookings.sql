-- Who is booked when: made from Appointments that occupy. The constraint is what keeps anybody from being booked twice, whoever asks.
-- int8range(actor, actor, '[]') stands in for equality, so that no extension is needed.

create table booking (
    rid    bigint not null,
    actor  bigint not null,
    during tstzrange not null,
    constraint nobody_booked_twice exclude using gist (int8range(actor, actor, '[]') with &&, during with &&)
);
create index booking_rid on booking (rid);
grant select, insert, update, delete on booking to baton_app;
