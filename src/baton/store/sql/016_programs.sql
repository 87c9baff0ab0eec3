-- Programs: who is enrolled in what, who was spoken with when, who worked for whom when. Made by the door from EpisodeOfCare, Communication, Basic.

-- A patient is in a program once at a time, whoever asks and however many ask at once.
create table enrolment (
    rid     bigint primary key,
    patient bigint not null,
    program text collate "C" not null,
    phase   text collate "C" not null,
    status  text collate "C" not null,
    open    boolean not null,
    since   timestamptz not null,
    risk    smallint not null,
    labels  integer not null default 1
);
create unique index in_a_program_once on enrolment (patient, program) where open;
create index enrolment_program on enrolment (program, phase) include (patient, status, since, risk, labels) where open;

-- When somebody was reached. What was left or not answered is no contact.
create table reached (
    rid     bigint primary key,
    patient bigint not null,
    at      timestamptz not null,
    labels  integer not null default 1
);
create index reached_patient on reached (patient, at desc) include (labels);

-- Time worked. Nobody works twice at the same moment; int8range(person, person, '[]') stands in for equality, so that no extension is needed.
create table worked (
    rid     bigint primary key,
    patient bigint not null,
    person  bigint not null,
    program text collate "C" not null,
    during  tstzrange not null,
    labels  integer not null default 1,
    constraint nobody_works_twice exclude using gist (int8range(person, person, '[]') with &&, during with &&)
);
create index worked_patient on worked (patient);
create index worked_when on worked (lower(during));

grant select, insert, update, delete on enrolment, reached, worked to baton_app;

insert into reached (rid, patient, at, labels)
select r.rid, r.patient, r.date_lo, r.labels from resource r join version_row v on v.rid = r.rid and v.version = r.version
where r.type = (select code from type where name = 'Communication') and not r.gone and r.patient is not null and r.date_lo > '-infinity'
    and v.body::jsonb @? '$.extension[*] ? (@.url == "https://baton.example/fhir/StructureDefinition/contact-outcome" && @.valueCode == "reached")'
    and v.body::jsonb ->> 'status' <> 'entered-in-error';
