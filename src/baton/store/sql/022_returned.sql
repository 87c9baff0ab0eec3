-- Who was back in hospital within the days a discharge is watched: made by the door from the EpisodeOfCare of a transition that ended so.
create table returned (
    rid     bigint primary key,
    patient bigint not null,
    at      timestamptz not null,
    labels  integer not null default 1
);
create index returned_patient on returned (patient, at desc) include (labels);

grant select, insert, update, delete on returned to baton_app;

insert into returned (rid, patient, at, labels)
select r.rid, r.patient, (v.body::jsonb #>> '{period,end}')::timestamptz, r.labels
from resource r join version_row v on v.rid = r.rid and v.version = r.version
where r.type = (select code from type where name = 'EpisodeOfCare') and not r.gone and r.patient is not null
    and v.body::jsonb @? '$.extension[*] ? (@.url == "https://baton.example/fhir/StructureDefinition/closed-because").extension[*] ? (@.valueCode == "readmitted")'
    and v.body::jsonb #>> '{period,end}' like '____-__-__T%';
