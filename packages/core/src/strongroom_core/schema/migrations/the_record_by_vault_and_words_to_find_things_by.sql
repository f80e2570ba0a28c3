-- The record by vault ------------------------------------------------------------------------------

-- A list goes by (tx, id) within one vault: a quiet one must not wade through the entries of the others.
drop index audit_entry_by_transaction;
create index audit_entry_by_transaction on audit_entry (vault, tx, id);

-- A chart counts actions by time, and finds both here without a look at the entries themselves.
drop index audit_entry_by_time;
create index audit_entry_by_time on audit_entry (vault, at) include (action);

-- As before, but vault by vault, along the new index.
create or replace function tally_reads() returns bigint
language sql security definer set search_path = public, pg_temp as $$
    insert into read_tally (vault, tx)
        select 'installation', '3'::xid8 on conflict do nothing;
    with since as (
        select tx from read_tally where vault = 'installation' for update
    ), until as (
        select pg_snapshot_xmin(pg_current_snapshot()) as tx
    ), reads as (
        select e.vault, e.target_id as secret, e.actor_id as machine, e.actor_name as name, e.at
        from vault v
        cross join since
        cross join until
        cross join lateral (
            select * from audit_entry a where a.vault = v.id and a.tx >= since.tx and a.tx < until.tx
        ) e
        where e.action = 'secret_read' and e.outcome = 'done'
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

-- Words to find things by --------------------------------------------------------------------------

-- Not to_tsvector: its parser takes `db.example.com` for one word and `-02` for a number, and people look
-- for parts of names. Whatever is neither letter nor digit ends a word here, in names and questions alike.
create function words_of(typed text) returns text[]
language sql immutable parallel safe as $$
    select coalesce(array_agg(distinct left(word, 64)), '{}')
    from regexp_split_to_table(lower(normalize(typed, nfkc)), '[^[:alnum:]]+') word
    where word <> ''
$$;

-- The vault and the id are marked, so that no word of a question begins like one of them.
create function search_words(of_vault text, id text, texts text[]) returns tsvector
language sql immutable parallel safe cost 1000 as $$
    select array_to_tsvector(
        public.words_of(array_to_string(texts, ' ')) || array['@' || of_vault, '#' || id])
$$;

-- Every word typed begins a word there, or the whole is the beginning of an id. Of more than eight words the
-- longest count. A question without a word has no answer: null.
create function search_query(of_vault text, typed text) returns tsquery
language sql immutable parallel safe as $$
    select nullif(concat_ws(' | ',
        (select '(' || string_agg(quote_literal(word) || ':*', ' & ') || ')'
         from (select word from unnest(public.words_of(typed)) word
               order by length(word) desc, word limit 8) w),
        case when lower(typed) ~ '^((app|proj|sk)_[a-z2-7]{1,16}|[0-9a-f][0-9a-f-]{3,35})$'
             then quote_literal('#' || lower(typed)) || ':*' end
    ), '')::tsquery && quote_literal('@' || of_vault)::tsquery
$$;

create index application_words on application
    using gin (search_words(vault, id, array[name, description]));
create index project_words on project
    using gin (search_words(vault, id, array[name, description, environment]))
    where trashed_at is null;
create index secret_words on secret
    using gin (search_words(vault, id, array[name, note, environment] || tags))
    where trashed_at is null;
create index machine_words on machine
    using gin (search_words(vault, id::text, array[name, hostname]));

-- Row-level security keeps an index from serving `@@`, which is not leakproof: so this runs as the owner, and
-- says itself whose rows it means. It answers with ids; their rows are then read under the policy again.
-- `applications` null means all of them, `places` are `project:kind`.
create function find_by_words(
    typed text, applications varchar[], projects varchar[], places text[], machines boolean,
    most integer
) returns table (kind text, id text)
language sql stable security definer set search_path = public, pg_temp as $$
    with asked as (
        select scope.vault, search_query(scope.vault, typed) as query, lower(typed) as begins
        from (select current_setting('strongroom.vault', true) as vault) scope
    )
    select f.kind, f.id from (
        (select 'application' as kind, 1 as rank, a.id::text as id, lower(a.name) as name,
                starts_with(lower(a.name), (select begins from asked)) as begins
         from application a
         where search_words(a.vault, a.id, array[a.name, a.description])
               @@ (select query from asked)
           and a.vault = (select vault from asked)
           and (applications is null or a.id = any(applications))
         order by 5 desc, 4, 3 limit most)
        union all
        (select 'project', 2, p.id, lower(p.name),
                starts_with(lower(p.name), (select begins from asked))
         from project p
         where search_words(p.vault, p.id, array[p.name, p.description, p.environment])
               @@ (select query from asked)
           and p.vault = (select vault from asked)
           and p.trashed_at is null and p.id = any(projects)
         order by 5 desc, 4, 3 limit most)
        union all
        (select 'secret', 3, s.id, lower(s.name),
                starts_with(lower(s.name), (select begins from asked))
         from secret s
         where search_words(s.vault, s.id, array[s.name, s.note, s.environment] || s.tags)
               @@ (select query from asked)
           and s.vault = (select vault from asked)
           and s.trashed_at is null and s.project || ':' || s.kind = any(places)
         order by 5 desc, 4, 3 limit most)
        union all
        (select 'machine', 4, m.id::text, lower(m.name),
                starts_with(lower(m.name), (select begins from asked))
         from machine m
         where search_words(m.vault, m.id::text, array[m.name, m.hostname])
               @@ (select query from asked)
           and m.vault = (select vault from asked)
           and machines
         order by 5 desc, 4, 3 limit most)
    ) f
    order by f.begins desc, f.rank, f.name, f.id limit most
$$;

revoke all on function words_of(text), search_words(text, text, text[]), search_query(text, text),
    find_by_words(text, varchar[], varchar[], text[], boolean, integer) from public;
-- Whoever writes a row writes its words.
grant execute on function words_of(text), search_words(text, text, text[]),
    find_by_words(text, varchar[], varchar[], text[], boolean, integer)
    to strongroom_app, strongroom_blind;
