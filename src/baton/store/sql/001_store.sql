-- The store's tables. History (change, version, look, seal) is only ever added to: by grant, and by trigger for those a grant does not bind.

do $$ begin
    if not exists (select from pg_roles where rolname = 'baton_app') then create role baton_app nologin; end if;
end $$;

-- The R4 types with their fixed codes: a code is never given to another type.
create table type (code smallint primary key, name text collate "C" not null unique);
insert into type (code, name) values
(1, 'Account'), (2, 'ActivityDefinition'), (3, 'AdverseEvent'), (4, 'AllergyIntolerance'), (5, 'Appointment'), (6,
'AppointmentResponse'), (7, 'AuditEvent'), (8, 'Basic'), (9, 'Binary'), (10, 'BiologicallyDerivedProduct'), (11, 'BodyStructure'), (12,
'Bundle'), (13, 'CapabilityStatement'), (14, 'CarePlan'), (15, 'CareTeam'), (16, 'CatalogEntry'), (17, 'ChargeItem'), (18,
'ChargeItemDefinition'), (19, 'Claim'), (20, 'ClaimResponse'), (21, 'ClinicalImpression'), (22, 'CodeSystem'), (23, 'Communication'),
(24, 'CommunicationRequest'), (25, 'CompartmentDefinition'), (26, 'Composition'), (27, 'ConceptMap'), (28, 'Condition'), (29,
'Consent'), (30, 'Contract'), (31, 'Coverage'), (32, 'CoverageEligibilityRequest'), (33, 'CoverageEligibilityResponse'), (34,
'DetectedIssue'), (35, 'Device'), (36, 'DeviceDefinition'), (37, 'DeviceMetric'), (38, 'DeviceRequest'), (39, 'DeviceUseStatement'),
(40, 'DiagnosticReport'), (41, 'DocumentManifest'), (42, 'DocumentReference'), (43, 'EffectEvidenceSynthesis'), (44, 'Encounter'), (45,
'Endpoint'), (46, 'EnrollmentRequest'), (47, 'EnrollmentResponse'), (48, 'EpisodeOfCare'), (49, 'EventDefinition'), (50, 'Evidence'),
(51, 'EvidenceVariable'), (52, 'ExampleScenario'), (53, 'ExplanationOfBenefit'), (54, 'FamilyMemberHistory'), (55, 'Flag'), (56,
'Goal'), (57, 'GraphDefinition'), (58, 'Group'), (59, 'GuidanceResponse'), (60, 'HealthcareService'), (61, 'ImagingStudy'), (62,
'Immunization'), (63, 'ImmunizationEvaluation'), (64, 'ImmunizationRecommendation'), (65, 'ImplementationGuide'), (66, 'InsurancePlan'),
(67, 'Invoice'), (68, 'Library'), (69, 'Linkage'), (70, 'List'), (71, 'Location'), (72, 'Measure'), (73, 'MeasureReport'), (74,
'Media'), (75, 'Medication'), (76, 'MedicationAdministration'), (77, 'MedicationDispense'), (78, 'MedicationKnowledge'), (79,
'MedicationRequest'), (80, 'MedicationStatement'), (81, 'MedicinalProduct'), (82, 'MedicinalProductAuthorization'), (83,
'MedicinalProductContraindication'), (84, 'MedicinalProductIndication'), (85, 'MedicinalProductIngredient'), (86,
'MedicinalProductInteraction'), (87, 'MedicinalProductManufactured'), (88, 'MedicinalProductPackaged'), (89,
'MedicinalProductPharmaceutical'), (90, 'MedicinalProductUndesirableEffect'), (91, 'MessageDefinition'), (92, 'MessageHeader'), (93,
'MolecularSequence'), (94, 'NamingSystem'), (95, 'NutritionOrder'), (96, 'Observation'), (97, 'ObservationDefinition'), (98,
'OperationDefinition'), (99, 'OperationOutcome'), (100, 'Organization'), (101, 'OrganizationAffiliation'), (102, 'Parameters'), (103,
'Patient'), (104, 'PaymentNotice'), (105, 'PaymentReconciliation'), (106, 'Person'), (107, 'PlanDefinition'), (108, 'Practitioner'),
(109, 'PractitionerRole'), (110, 'Procedure'), (111, 'Provenance'), (112, 'Questionnaire'), (113, 'QuestionnaireResponse'), (114,
'RelatedPerson'), (115, 'RequestGroup'), (116, 'ResearchDefinition'), (117, 'ResearchElementDefinition'), (118, 'ResearchStudy'), (119,
'ResearchSubject'), (120, 'RiskAssessment'), (121, 'RiskEvidenceSynthesis'), (122, 'Schedule'), (123, 'SearchParameter'), (124,
'ServiceRequest'), (125, 'Slot'), (126, 'Specimen'), (127, 'SpecimenDefinition'), (128, 'StructureDefinition'), (129, 'StructureMap'),
(130, 'Subscription'), (131, 'SubscriptionStatus'), (132, 'Substance'), (133, 'SubstanceNucleicAcid'), (134, 'SubstancePolymer'), (135,
'SubstanceProtein'), (136, 'SubstanceReferenceInformation'), (137, 'SubstanceSourceMaterial'), (138, 'SubstanceSpecification'), (139,
'SupplyDelivery'), (140, 'SupplyRequest'), (141, 'Task'), (142, 'TerminologyCapabilities'), (143, 'TestReport'), (144, 'TestScript'),
(145, 'ValueSet'), (146, 'VerificationResult'), (147, 'VisionPrescription');

create sequence change_id cache 1;
create sequence rid_seq cache 1;

-- Who did it, for whom, why, through which entrance; one row for all versions of one change.
create table change (
    id           bigint primary key default nextval('change_id'),
    at           timestamptz not null,
    who          text collate "C" not null,
    on_behalf_of text collate "C",
    because      text not null,
    entrance     text collate "C" not null,
    purpose      text collate "C" not null,
    mac          bytea not null
);

-- Every body ever stored, written once; a null body says the resource was deleted.
create table version (
    rid       bigint not null,
    change_id bigint not null,
    at        timestamptz not null,
    version   integer not null,
    type      smallint not null,
    id        text collate "C" not null,
    mac       bytea not null,
    body      text,
    primary key (rid, version)
);
create index version_feed on version (type, at desc, rid desc, version);
create index version_change on version (change_id);

-- The present: which version is current, and what it can be found by. patient = key64('Patient/<id>') of its compartment.
-- date_lo, date_hi: the type's principal date; -infinity when it has none. No index on last_updated, so that most updates stay HOT.
create table resource (
    rid          bigint not null,
    patient      bigint,
    date_lo      timestamptz not null default '-infinity',
    date_hi      timestamptz not null default '-infinity',
    last_updated timestamptz not null,
    version      integer not null,
    type         smallint not null,
    gone         boolean not null default false,
    id           text collate "C" not null,
    tokens       bigint[] not null
) partition by list (type);

do $$
declare each record;
begin
    for each in select code, name from type where name in (
        'AllergyIntolerance', 'Appointment', 'CarePlan', 'CareTeam', 'Claim', 'Communication', 'CommunicationRequest', 'Composition',
        'Condition', 'Consent', 'Coverage', 'Device', 'DiagnosticReport', 'DocumentReference', 'Encounter', 'EpisodeOfCare',
        'ExplanationOfBenefit', 'Flag', 'Goal', 'ImagingStudy', 'Immunization', 'Location', 'Medication', 'MedicationAdministration',
        'MedicationDispense', 'MedicationRequest', 'MedicationStatement', 'Observation', 'Organization', 'Patient', 'Practitioner',
        'PractitionerRole', 'Procedure', 'Provenance', 'QuestionnaireResponse', 'RelatedPerson', 'Schedule', 'ServiceRequest', 'Slot',
        'SupplyDelivery', 'Task'
    ) order by code loop
        execute format('create table resource_%s partition of resource for values in (%s)
            with (fillfactor = 85, autovacuum_analyze_scale_factor = 0.02)', lower(each.name), each.code);
    end loop;
    execute 'create table resource_other partition of resource default with (fillfactor = 85, autovacuum_analyze_scale_factor = 0.02)';
end $$;

create unique index pointer_id on resource (type, id);
create unique index pointer_rid on resource (type, rid);
create index pointer_patient on resource (patient, date_lo desc, rid desc);
create index pointer_date on resource (date_lo desc, rid desc);
create index pointer_tokens on resource using gin (tokens) with (fastupdate = off);

-- Strings: value is normalised (case, accents), text as it was written. Words, sounds, numbers and telephones of people are kept here too.
create table name (
    rid   bigint not null,
    param integer not null,
    type  smallint not null,
    value text collate "C" not null,
    text  text collate "C" not null
);
create index name_value on name (type, param, value, rid);
create index name_rid on name (rid);

-- Dates other than the principal one.
create table moment (
    rid   bigint not null,
    lo    timestamptz not null,
    hi    timestamptz not null,
    param integer not null,
    type  smallint not null
);
create index moment_lo on moment (type, param, lo, rid);
create index moment_rid on moment (rid);

-- Organizations that are care teams, and whose patients are whose: rows are made from active CareTeams (rid), or say "nobody's yet" (rid 0).
create table team (team bigint primary key, rid bigint not null);
create table panel (team bigint not null, patient bigint not null, rid bigint not null, primary key (patient, team, rid));
create index panel_team on panel (team, patient);
create index panel_rid on panel (rid);

-- Who works here, as what and in which team: made from PractitionerRole.
create table staff (rid bigint not null, person text collate "C" not null, role text collate "C" not null, team text collate "C" not null);
create index staff_person on staff (person);
create index staff_rid on staff (rid);

-- The worklist: one row for each Task that is a promise.
create table promise (
    rid          bigint primary key,
    patient      bigint,
    owner        bigint,
    due          timestamptz not null,
    asleep_until timestamptz not null default '-infinity',
    closed_at    timestamptz,
    open         boolean not null,
    waiting      boolean not null,
    code         text collate "C" not null,
    status       text collate "C" not null
) with (fillfactor = 85, autovacuum_analyze_scale_factor = 0.02);
create index promise_owner on promise (owner, due, rid) where open;
create index promise_due on promise (due, rid) where open;
create index promise_patient on promise (patient, due, rid);
create index promise_closed on promise (closed_at) where not open;

-- Who was shown whom: never changed.
create table look (
    id       bigint generated always as identity primary key,
    at       timestamptz not null,
    patients bigint[] not null,
    who      text collate "C" not null,
    entrance text collate "C" not null,
    purpose  text collate "C" not null,
    what     text not null
);
create index look_at on look using brin (at);

-- What was announced and waits to be sent.
create table outbox (
    id           bigint generated always as identity primary key,
    change_id    bigint not null,
    at           timestamptz not null,
    delivered_at timestamptz,
    attempts     integer not null default 0,
    topic        text collate "C" not null,
    error        text,
    payload      jsonb not null
);
create index outbox_waiting on outbox (id) where delivered_at is null;

-- Bearer tokens, as hashes.
create table token (
    hash    bytea primary key,
    person  text collate "C" not null,
    made_at timestamptz not null,
    ends_at timestamptz not null
);

-- Changes and looks sealed in batches: ids from the last seal's up to and with these; each mac is over its root and the mac before.
create table seal (
    id          bigint primary key,
    at          timestamptz not null,
    last_change bigint not null,
    changes     bigint not null,
    last_look   bigint not null,
    looks       bigint not null,
    root        bytea not null,
    mac         bytea not null
);

create function history_stays() returns trigger language plpgsql as $$
begin
    raise exception 'history is only ever added to: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;
do $$
declare each text;
begin
    foreach each in array array['change', 'version', 'look', 'seal'] loop
        execute format('create trigger %I before update or delete or truncate on %I for each statement execute function history_stays()',
                       each || '_stays', each);
        execute format('grant select, insert on %I to baton_app', each);
    end loop;
    foreach each in array array['resource', 'name', 'moment', 'team', 'panel', 'staff', 'promise', 'outbox', 'token'] loop
        execute format('grant select, insert, update, delete on %I to baton_app', each);
    end loop;
    execute format('grant usage on schema %I to baton_app', current_schema());
end $$;
grant select on type to baton_app;
grant usage, select on sequence change_id, rid_seq to baton_app;
grant select on sequence look_id_seq to baton_app;
