-- Machines, what they may read, and what keeps their requests from being used twice.

-- Keys are unique across machines and, later, agents, without joining the two. Bytes only; reached through
-- take_public_key.
create table public_key (
    vault    varchar(32) not null references vault check (vault = 'installation'),
    key      bytea       primary key check (length(key) = 32),
    taken_at timestamptz not null
);

create table machine (
    vault           varchar(32)  not null references vault,
    id              uuid         primary key,
    name            varchar(100) not null,
    public_key      bytea        not null unique references public_key (key),
    enrolled_by     varchar(16)  not null
                    check (enrolled_by in ('bootstrap', 'preprovisioned', 'ephemeral', 'temporary')),
    hostname        varchar(253) not null,
    registered_from varchar(64)  not null,
    registered_at   timestamptz  not null,
    approved_at     timestamptz,
    approved_by     varchar(64),
    enabled         boolean      not null default true,
    expires_at      timestamptz,
    last_seen_at    timestamptz,
    revision        integer      not null default 1,
    -- For the second level of hardening (row MACs, signatures v2); nothing writes them yet.
    authz_epoch     integer      not null default 0,
    row_mac         bytea,
    min_signature   integer      not null default 1,
    unique (vault, id)
);
create index machine_list on machine (vault, registered_at desc, id);
create index machine_by_hostname on machine (vault, lower(hostname));

create table machine_name (
    vault      varchar(32)  not null references vault,
    id         varchar(32)  primary key,
    machine    uuid         not null,
    name       varchar(100) not null,
    changed_at timestamptz  not null,
    changed_by varchar(64)  not null,
    foreign key (vault, machine) references machine (vault, id)
);
create index machine_name_by_machine on machine_name (vault, machine, changed_at);

create table machine_token (
    vault      varchar(32) not null references vault,
    id         varchar(32) primary key,
    token_hash bytea       not null unique,
    created_at timestamptz not null,
    created_by varchar(64) not null,
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index machine_token_by_expiry on machine_token (expires_at);

create table attachment (
    vault       varchar(32) not null references vault,
    id          varchar(32) primary key,
    machine     uuid        not null,
    project     varchar(32) not null,
    attached_at timestamptz not null,
    attached_by varchar(64) not null,
    unique (vault, machine, project),
    foreign key (vault, machine) references machine (vault, id),
    foreign key (vault, project) references project (vault, id)
);
create index attachment_by_project on attachment (vault, project);

create table secret_grant (
    vault        varchar(32) not null references vault,
    id           varchar(32) primary key,
    machine      uuid        not null,
    secret       varchar(32) not null,
    project      varchar(32) not null,
    fields       varchar(255)[],
    seen_version integer,
    granted_at   timestamptz not null,
    granted_by   varchar(64) not null,
    authz_epoch  integer     not null default 0,
    row_mac      bytea,
    unique (vault, machine, secret),
    foreign key (vault, machine, project) references attachment (vault, machine, project),
    foreign key (vault, project, secret) references secret (vault, project, id)
);
create index secret_grant_by_secret on secret_grant (vault, secret);
create index secret_grant_by_attachment on secret_grant (vault, machine, project);

-- A nonce is kept until its request would be too old anyway. Before any are dropped the floor is raised past
-- them (deployment.nonce_floor), so that a clock set back or a restored backup reopens no window.
create table request_nonce (
    vault      varchar(32)  not null references vault,
    identity   uuid         not null,
    nonce      varchar(128) not null,
    expires_at timestamptz  not null,
    primary key (identity, nonce)
);
create index request_nonce_by_expiry on request_nonce (expires_at);

-- Which machine has proved itself from where, in the last 30 days: no neighbour can lock it out.
create table known_pair (
    vault       varchar(32) not null references vault,
    machine     uuid        not null,
    network     varchar(64) not null,
    verified_at timestamptz not null,
    primary key (machine, network),
    foreign key (vault, machine) references machine (vault, id)
);
create index known_pair_by_time on known_pair (verified_at);

create table lockout (
    vault        varchar(32) not null references vault check (vault = 'installation'),
    network      varchar(64) primary key,
    failures     integer     not null,
    window_start timestamptz not null,
    locked_until timestamptz
);

-- How far S-9's figures have been tallied from the entries.
create table read_tally (
    vault varchar(32) primary key references vault check (vault = 'installation'),
    tx    xid8 not null
);

-- Rows of the scope only, as everywhere -----------------------------------------------------------

do $$
declare
    name text;
begin
    foreach name in array array[
        'public_key', 'machine', 'machine_name', 'machine_token', 'attachment', 'secret_grant',
        'request_nonce', 'known_pair', 'lockout', 'read_tally'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format(
            'create policy own_vault on %I using (vault = current_setting(''strongroom.vault'', true)) '
            'with check (vault = current_setting(''strongroom.vault'', true))', name);
    end loop;
end $$;

grant select, insert, update, delete
    on machine, machine_name, machine_token, attachment, secret_grant, known_pair
    to strongroom_app, strongroom_blind;
grant select, insert on request_nonce to strongroom_app, strongroom_blind;
grant select, insert, update, delete on lockout, read_tally to strongroom_app;

-- Look-ups that come before a vault is known ------------------------------------------------------

create function machine_by_id(machine_id uuid) returns table (vault varchar, public_key bytea)
language sql stable security definer set search_path = public, pg_temp as $$
    select m.vault, m.public_key from machine m where m.id = machine_id
$$;

create function machine_token_by_hash(hash bytea, at timestamptz) returns table (
    vault varchar, id varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select t.vault, t.id from machine_token t
    where t.token_hash = hash and t.used_at is null and t.expires_at > at
$$;

-- Whether the key was free and is now taken. Of a small-order key the core has already rid itself.
create function take_public_key(new_key bytea, at timestamptz) returns boolean
language sql security definer set search_path = public, pg_temp as $$
    insert into public_key (vault, key, taken_at) values ('installation', new_key, at)
    on conflict do nothing returning true
$$;

create function nonce_floor() returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
    select coalesce(nonce_floor, '-infinity') from deployment
$$;

create function locked_until(source varchar) returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
    select l.locked_until from lockout l where l.network = source
$$;

-- While a vault's owner is not active, its machines cannot authenticate (A-9).
create function owner_is_active(of_vault varchar) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (
        select from member m join account a on a.id = m.account
        where m.vault = of_vault and m.vault_role = 'owner' and m.status = 'active'
          and a.status = 'active'
    )
$$;

-- First the floor is raised past what will be dropped, in a statement of its own.
create function raise_nonce_floor(floor timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    update deployment set nonce_floor =
        greatest(coalesce(nonce_floor, '-infinity'), least(floor, clock_timestamp() + interval '1 day'))
$$;

create function drop_nonces(older_than timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp as $$
    with gone as (
        delete from request_nonce
        where expires_at < least(older_than, (select nonce_floor from deployment)) returning 1
    ) select count(*) from gone
$$;

create function begin_incarnation(floor timestamptz) returns integer
language sql security definer set search_path = public, pg_temp as $$
    update deployment set incarnation = incarnation + 1,
        nonce_floor = greatest(coalesce(nonce_floor, '-infinity'), least(floor, clock_timestamp() + interval '1 day'))
    returning incarnation
$$;

revoke all on function machine_by_id(uuid), machine_token_by_hash(bytea, timestamptz),
    take_public_key(bytea, timestamptz), nonce_floor(), locked_until(varchar), owner_is_active(varchar),
    raise_nonce_floor(timestamptz), drop_nonces(timestamptz), begin_incarnation(timestamptz) from public;
grant execute on function machine_by_id(uuid), machine_token_by_hash(bytea, timestamptz),
    take_public_key(bytea, timestamptz), nonce_floor(), locked_until(varchar), owner_is_active(varchar),
    raise_nonce_floor(timestamptz), drop_nonces(timestamptz), begin_incarnation(timestamptz)
    to strongroom_app;

-- Adds what was read since the last tally to secrets and machines. Bounded by the oldest transaction still
-- running, so that one which commits late is not passed over. The row of read_tally is the lock.
create function tally_reads() returns bigint
language sql security definer set search_path = public, pg_temp as $$
    insert into read_tally (vault, tx)
        select 'installation', '3'::xid8 on conflict do nothing;
    with since as (
        select tx from read_tally where vault = 'installation' for update
    ), until as (
        select pg_snapshot_xmin(pg_current_snapshot()) as tx
    ), reads as (
        select e.vault, e.target_id as secret, e.actor_id as machine, e.actor_name as name, e.at
        from audit_entry e, since, until
        where e.tx >= since.tx and e.tx < until.tx and e.action = 'secret_read' and e.outcome = 'done'
    ), by_secret as (
        select vault, secret, count(*) as n, max(at) as at,
               (array_agg(name order by at desc))[1] as name
        from reads group by vault, secret
    ), told as (
        update secret s set read_count = s.read_count + b.n, last_read_at = b.at, last_read_by = b.name
        from by_secret b where s.vault = b.vault and s.id = b.secret
    ), seen as (
        update machine m set last_seen_at = b.at
        from (select machine, max(at) as at from reads group by machine) b
        where m.id::text = b.machine
    ), moved as (
        update read_tally set tx = until.tx from until where vault = 'installation'
    )
    select count(*) from reads
$$;
revoke all on function tally_reads() from public;
grant execute on function tally_reads() to strongroom_app;
