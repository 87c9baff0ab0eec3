-- name: token
-- Whose bearer token this is, while it lasts, and what limits the program that holds it.
select t.person, p.client, t.scope, p.patient
from token t left join permission p on p.id = t.permission left join client c on c.id = p.client
where t.hash = %s and t.ends_at > %s and (t.permission is null or (p.ended_at is null and c.removed_at is null))

-- name: new_token
-- A bearer token, as its hash.
insert into token (hash, person, made_at, ends_at, permission, scope) values (%s, %s, %s, %s, %s, %s)

-- name: add_client
-- Register a program.
insert into client (id, name, kind, secret, redirects, launch_url, scope, jwks, jwks_uri, person, introspects, added_at, added_by)
values (%(id)s, %(name)s, %(kind)s, %(secret)s, %(redirects)s, %(launch_url)s, %(scope)s, %(jwks)s, %(jwks_uri)s, %(person)s,
        %(introspects)s, %(added_at)s, %(added_by)s)

-- name: clients
-- The registered programs, or the one of this id, removed ones left out.
select id, name, kind, secret, redirects, launch_url, scope, jwks, jwks_uri, person, introspects, added_at, added_by
from client where removed_at is null and (%(id)s::text is null or id = %(id)s) order by lower(name), id

-- name: remove_client
-- Remove a program: its tokens end with it.
with gone as (update client set removed_at = %(now)s where id = %(id)s and removed_at is null returning id)
update permission p set ended_at = %(now)s, ended_why = 'app removed' from gone where p.client = gone.id and p.ended_at is null

-- name: client_secret
-- Give a program another secret.
update client set secret = %s where id = %s and kind = 'confidential' and removed_at is null

-- name: new_launch
-- A launch, as its hash.
insert into launch (hash, client, person, patient, made_at, ends_at) values (%s, %s, %s, %s, %s, %s)

-- name: launch
-- A launch that still waits.
select client, person, patient from launch where hash = %s and ends_at > %s and used_at is null

-- name: use_launch
-- A launch is used once.
update launch set used_at = %(now)s where hash = %(hash)s and used_at is null and ends_at > %(now)s returning patient

-- name: permit
-- What a person let a program do, with the code it can fetch its tokens by.
insert into permission (client, person, patient, scope, session, made_at, ends_at, code, code_ends_at, redirect, challenge, nonce, auth_time)
values (%(client)s, %(person)s, %(patient)s, %(scope)s, %(session)s, %(now)s, %(ends_at)s, %(code)s, %(code_ends_at)s, %(redirect)s,
        %(challenge)s, %(nonce)s, %(auth_time)s)
returning id

-- name: permission_of_code
-- The permission behind a code, used or not.
select p.id, p.client, p.person, p.patient, p.scope, p.made_at, p.ends_at, p.ended_at, p.redirect, p.challenge, p.nonce, p.auth_time,
       p.code_used_at is not null, p.code_ends_at
from permission p where p.code = %s

-- name: use_code
-- A code is used once.
update permission set code_used_at = %(now)s
where id = %(id)s and code_used_at is null and code_ends_at > %(now)s and ended_at is null returning id

-- name: permission_of_refresh
-- The permission behind a refresh token, used or not.
select p.id, p.client, p.person, p.patient, p.scope, p.made_at, p.ends_at, p.ended_at, p.redirect, p.challenge, p.nonce, p.auth_time,
       r.used_at is not null, r.ends_at
from refresh r join permission p on p.id = r.permission where r.hash = %s

-- name: permission_of_token
-- The permission behind an access token that belongs to a program.
select p.id, p.client, p.person, p.patient, t.scope, t.made_at, t.ends_at, p.ended_at, p.redirect, p.challenge, p.nonce, p.auth_time,
       false, t.ends_at
from token t join permission p on p.id = t.permission where t.hash = %s

-- name: use_refresh
-- A refresh token is used once.
update refresh set used_at = %(now)s where hash = %(hash)s and used_at is null and ends_at > %(now)s returning permission

-- name: new_refresh
-- A refresh token, as its hash.
insert into refresh (hash, permission, made_at, ends_at) values (%s, %s, %s, %s)

-- name: end_permission
-- End what a person let a program do, with all its tokens.
update permission set ended_at = %s, ended_why = %s where id = %s and ended_at is null

-- name: end_session_permissions
-- End what was let for as long as somebody is signed in.
update permission set ended_at = %s, ended_why = 'signed out' where session = %s and ended_at is null

-- name: end_token
-- End one access token.
delete from token where hash = %s and permission is not null

-- name: permissions_of
-- What a person has let programs do and has not ended.
select p.id, p.client, c.name, p.patient, p.scope, p.made_at, p.ends_at from permission p join client c on c.id = p.client
where p.person = %(person)s and p.ended_at is null and p.ends_at > %(now)s and p.code_used_at is not null order by p.made_at desc

-- name: take_assertion
-- Remember a signed statement; nothing comes back when it was taken before. Those that are over are forgotten.
with over as (delete from assertion where ends_at < %(now)s)
insert into assertion (client, jti, ends_at) values (%(client)s, %(jti)s, %(ends_at)s) on conflict do nothing returning client
