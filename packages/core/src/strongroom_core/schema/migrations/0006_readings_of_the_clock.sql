-- Readings of the clock.

-- What the database's clock said when a machine had run for so long, by the id of its boot: with it the next reading
-- is compared, before anything that cannot be undone.
create table clock_reading (
    vault   varchar(32)      not null references vault check (vault = 'installation'),
    boot    varchar(64)      primary key,
    seconds double precision not null,
    at      timestamptz      not null
);

-- When a machine found the clock wrong, and by how many seconds at most; behind is below zero. `since` and `ended_at` are
-- moments of a clock that is right.
create table clock_doubt (
    vault    varchar(32)      not null references vault check (vault = 'installation'),
    boot     varchar(64)      primary key,
    since    timestamptz      not null,
    apart    double precision not null,
    ended_at timestamptz
);

-- A first reading, by no machine that looks again.
insert into clock_reading (vault, boot, seconds, at)
    select vault, 'migration', 0, clock_timestamp() from deployment;

-- They take or return something else from here on. A fresh database has no functions yet.
drop function if exists session_by_hash(bytea), session_by_id(varchar), raise_nonce_floor(timestamptz),
    drop_nonces(timestamptz);
