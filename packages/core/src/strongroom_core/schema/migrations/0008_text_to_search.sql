-- Text for search by any part of a word.
--
-- It is stored in each row, so that a search is fast enough even in a database without trigrams, which reads all rows.
-- Only this file defines what the text consists of. `schema/trigrams.sql` creates the indexes if the database has the
-- extension that they need.

drop index application_words, project_words, secret_words, machine_words;
-- A new database has no functions yet.
drop function if exists find_by_words(text, varchar[], varchar[], text[], boolean, integer),
    search_query(text, text);
drop function search_words(text, text, text[]), words_of(text);

-- Any character other than a letter or digit only separates words, both in stored text and in search queries. So
-- `stripe_key` finds `Stripe-Key`, and no typed character is a wildcard in `like`. The spaces at both ends let a
-- pattern match the beginning of a word.
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

-- For finding a secret by the beginning of its ID, no matter which collation the database has.
create index secret_by_beginning on secret (id varchar_pattern_ops);
