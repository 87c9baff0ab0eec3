-- Whose patients a team's are is read from the index alone: a wall that hashes a panel of ten thousand visited as many heap rows for it, several
-- times a page.
drop index panel_team;
create index panel_team on panel (team) include (patient, rid, labels, since, until);
