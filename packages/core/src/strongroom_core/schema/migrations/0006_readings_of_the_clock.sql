-- Readings of the clock.

-- What the database's clock showed when a machine had been running for this many seconds, by the ID of the machine's
-- boot. The next reading is compared with it before anything irreversible is done.
create table clock_reading (
    vault   varchar(32)      not null references vault check (vault = 'installation'),
    boot    varchar(64)      primary key,
    seconds double precision not null,
    at      timestamptz      not null
);

-- When a machine found the clock wrong, and by how many seconds at most (negative if it was behind). `since` and
-- `ended_at` are times according to a clock that is right.
create table clock_doubt (
    vault    varchar(32)      not null references vault check (vault = 'installation'),
    boot     varchar(64)      primary key,
    since    timestamptz      not null,
    apart    double precision not null,
    ended_at timestamptz
);

-- An initial reading, which doesn't belong to any machine.
insert into clock_reading (vault, boot, seconds, at)
    select vault, 'migration', 0, clock_timestamp() from deployment;

-- The parameters or results of these functions have changed. A new database has no functions yet.
drop function if exists session_by_hash(bytea), session_by_id(varchar), raise_nonce_floor(timestamptz),
    drop_nonces(timestamptz);
