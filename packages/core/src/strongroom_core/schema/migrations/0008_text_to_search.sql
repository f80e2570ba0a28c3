-- Text to search, in which any part of a word is found.
--
-- Kept with each row, so that a database without trigrams can read it row by row in acceptable time. What it is made
-- of is written once, here; `schema/trigrams.sql` makes its indexes where the database has what they need.

drop index application_words, project_words, secret_words, machine_words;
-- A fresh database has no functions yet.
drop function if exists find_by_words(text, varchar[], varchar[], text[], boolean, integer),
    search_query(text, text);
drop function search_words(text, text, text[]), words_of(text);

-- Whatever is neither letter nor digit only divides words, in texts and questions alike: `stripe_key` finds
-- `Stripe-Key`, and nothing typed is a wildcard to `like`. The spaces around let a pattern ask for the beginning of a
-- word.
create function searchable(texts text[]) returns text
language sql immutable parallel safe cost 100 as $$
    select regexp_replace(
        ' ' || lower(normalize(array_to_string(texts, ' '), nfkc)) || ' ', '[^[:alnum:]]+', ' ', 'g')
$$;

alter table application add column search_text text not null generated always as (
    public.searchable(array[name::text, description::text])) stored;
alter table project add column search_text text not null generated always as (
    public.searchable(array[name::text, description::text, environment::text])) stored;
alter table secret add column search_text text not null generated always as (
    public.searchable(array[name::text, note::text, environment::text] || tags::text[])) stored;
alter table machine add column search_text text not null generated always as (
    public.searchable(array[name::text, hostname::text, registered_from::text])) stored;

-- A secret is found by the beginning of its id, whatever order the database's collation has.
create index secret_by_beginning on secret (id varchar_pattern_ops);
