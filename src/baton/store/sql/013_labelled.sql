-- Patients of whom anything ever carried a label: few, so that asking whether something is withheld costs nothing for all the others.

create table labelled (patient bigint primary key);
insert into labelled (patient)
select distinct patient from resource where labels <> 1 and patient is not null
union select patient from patient_label;
grant select, insert on labelled to baton_app;
