-- The indexes by which search finds any part of a word, where the database has pg_trgm. Runs with every `migrate`, so
-- that they appear once it has. Without it, search reads the rows of a vault one by one: slower, with the same results.

do $$
declare
    home text;
    wanted record;
begin
    if not exists (select from pg_extension where extname = 'pg_trgm') then
        -- Trusted: the owner of a database may create it, if its files are there.
        create schema if not exists trigrams;
        create extension pg_trgm with schema trigrams;
    end if;
    select quote_ident(n.nspname) into home
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
    for wanted in
        select * from (values ('application', ''), ('machine', ''),
            ('project', 'where trashed_at is null'), ('secret', 'where trashed_at is null'))
            as each (name, rows)
    loop
        execute format('create index if not exists %I on %I using gin (search_text %s.gin_trgm_ops) %s',
            wanted.name || '_trigrams', wanted.name, home, wanted.rows);
    end loop;
exception
    -- Not installed, or not allowed: `doctor` says so.
    when others then
        raise notice 'no trigram indexes: %', sqlerrm;
end $$;
