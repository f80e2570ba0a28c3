-- Variables of secrets.
--
-- The variables that programs get from a secret, as `project/VARIABLE`: one for each field, or one for a single value.
-- The rule is the same as in strongroom_wire/variables.py. The project is included so that the index finds the
-- variables of one project directly. With the collation "C", `upper` and the pattern work the same on every system.
create function variables_of(of_project text, name text, field_names text[]) returns text[]
language sql immutable parallel safe cost 100 as $$
    select array_agg(of_project || '/' || case when made ~ '^[0-9]' then '_' || made else made end)
    from (
        select upper(regexp_replace(called collate "C", '[^A-Za-z0-9_]', '_', 'g')) as made
        from (
            select name as called where cardinality(field_names) = 0
            union all
            select name || '_' || field from unnest(field_names) field
        ) parts
    ) named
$$;

-- Older secrets may have the same variable as another secret. They keep it until someone renames them.
alter table secret add column variables text[] not null
    generated always as (variables_of(project::text, name::text, field_names::text[])) stored;
create index secret_variables on secret using gin (variables) where trashed_at is null;
