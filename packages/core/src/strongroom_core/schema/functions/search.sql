-- Search by any part of a word (V-6). The palette, lists and the audit log use the same rule: the text must
-- contain every word of the query. A word of one or two characters must be at the beginning of a word.
-- `searchable` normalizes the text.

-- Returns the patterns that a text must match, longest first, or null for an empty query. If the query has more than
-- eight words, only the longest ones are used.
create or replace function search_patterns(typed text) returns text[]
language sql immutable parallel safe as $$
    select array_agg(pattern order by length(pattern) desc, pattern) from (
        select case when length(word) < 3 then '% ' else '%' end || word || '%' as pattern
        from (select distinct trim(public.searchable(array[each])) as word
              from regexp_split_to_table(typed, '\s+') each) words
        where word <> '' order by length(word) desc, word limit 8
    ) patterns
$$;

-- Returns the query if it can be the beginning of an ID, otherwise null. Matching other parts of an ID would
-- find too much: IDs are random, so any three characters occur in some of them.
create or replace function search_id(typed text) returns text
language sql immutable parallel safe as $$
    select case when lower(trim(typed)) ~ '^((app|proj|sk)_[a-z2-7]{1,16}|[0-9a-f][0-9a-f-]{3,35})$'
           then lower(trim(typed)) end
$$;

-- Whether an ID has this beginning, compared by bytes as in the index.
create or replace function id_begins(id text, beginning text) returns boolean
language sql immutable parallel safe as $$
    select id ~>=~ beginning and id ~<~ (beginning || '~')
$$;

-- Whether a text matches all patterns. The index is used for the first one.
create or replace function matches(search_text text, patterns text[]) returns boolean
language sql immutable parallel safe as $$
    select search_text like patterns[1] and search_text like all (patterns)
$$;

-- Under row-level security, PostgreSQL doesn't use an index for `like`, because it isn't leakproof.
-- Therefore, the next two functions run as the owner and select only rows of the transaction's vault. They
-- return IDs, and the caller reads those rows under the policy. They are planned again for each query,
-- because the best index depends on the query.

-- Returns the matching live secrets of a project.
create or replace function secrets_matching(typed text, of_project varchar) returns setof varchar
language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    here constant text := current_setting('strongroom.vault', true);
    patterns constant text[] := search_patterns(typed);
    beginning constant text := search_id(typed);
begin
    return query
        select s.id from secret s
        where (matches(s.search_text, patterns) or id_begins(s.id, beginning))
          and s.vault = here and s.project = of_project and s.trashed_at is null;
end $$;

-- Returns the palette's search results. If `applications` is null, all are searched. `places` are
-- `project:kind`.
create or replace function find_matching(
    typed text, applications varchar[], projects varchar[], places text[], machines boolean,
    most integer
) returns table (kind text, id text)
language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    here constant text := current_setting('strongroom.vault', true);
    patterns constant text[] := search_patterns(typed);
    beginning constant text := search_id(typed);
    start constant text := lower(typed);
begin
    return query
        select f.kind, f.id from (
            (select 'application' as kind, 1 as rank, a.id::text as id, lower(a.name) as name,
                    starts_with(lower(a.name), start) as begins
             from application a
             where (matches(a.search_text, patterns) or id_begins(a.id, beginning))
               and a.vault = here and (applications is null or a.id = any(applications))
             order by 5 desc, 4, 3 limit most)
            union all
            (select 'project', 2, p.id, lower(p.name), starts_with(lower(p.name), start)
             from project p
             where (matches(p.search_text, patterns) or id_begins(p.id, beginning))
               and p.vault = here and p.trashed_at is null and p.id = any(projects)
             order by 5 desc, 4, 3 limit most)
            union all
            (select 'secret', 3, s.id, lower(s.name), starts_with(lower(s.name), start)
             from secret s
             where (matches(s.search_text, patterns) or id_begins(s.id, beginning))
               and s.vault = here and s.trashed_at is null
               and s.project || ':' || s.kind = any(places)
             order by 5 desc, 4, 3 limit most)
            union all
            (select 'machine', 4, m.id::text, lower(m.name), starts_with(lower(m.name), start)
             from machine m
             where (matches(m.search_text, patterns) or id_begins(m.id::text, beginning))
               and m.vault = here and machines
             order by 5 desc, 4, 3 limit most)
        ) f
        order by f.begins desc, f.rank, f.name, f.id limit most;
end $$;

-- Returns another secret of the project that becomes one of these variables. The operator && isn't leakproof
-- either, so this function also runs as the owner and selects only rows of the transaction's vault.
create or replace function secret_seen_as(of_project text, besides text, wanted text[])
returns table (name text, variable text)
language sql stable security definer set search_path = public, pg_temp as $$
    select s.name, substr(v.variable, length(of_project) + 2)
    from secret s cross join unnest(s.variables) v(variable)
    where s.variables && wanted and v.variable = any(wanted)
      and s.vault = current_setting('strongroom.vault', true)
      and s.project = of_project and s.id <> besides and s.trashed_at is null
    order by s.created_at, s.id limit 1
$$;
