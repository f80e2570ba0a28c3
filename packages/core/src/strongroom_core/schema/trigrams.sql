-- The trigram indexes for search by any part of a word. They need the extension pg_trgm. This file runs with every
-- `migrate`, so the indexes are created as soon as the extension is available. Without them, a search reads all rows of
-- a vault, which is slower but gives the same results.

do $$
declare
    home text;
    wanted record;
begin
    if not exists (select from pg_extension where extname = 'pg_trgm') then
        -- pg_trgm is a trusted extension: the database's owner can create it if its files are installed.
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
    -- The extension isn't installed or can't be created; `doctor` reports this.
    when others then
        raise notice 'no trigram indexes: %', sqlerrm;
end $$;
