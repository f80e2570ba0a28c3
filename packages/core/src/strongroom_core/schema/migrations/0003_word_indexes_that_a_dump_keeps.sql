-- Word indexes that remain usable after a dump and restore.
--
-- pg_dump writes `array[name, description]` of varchar with the casts inside the brackets. That is a different
-- expression, so queries don't use the restored index. If the casts are written there from the start, the expression
-- stays the same.

drop index application_words, project_words, secret_words, machine_words;

create index application_words on application
    using gin (search_words(vault, id, array[name::text, description::text]));
create index project_words on project
    using gin (search_words(vault, id, array[name::text, description::text, environment::text]))
    where trashed_at is null;
create index secret_words on secret
    using gin (search_words(vault, id, array[name::text, note::text, environment::text] || tags::text[]))
    where trashed_at is null;
create index machine_words on machine
    using gin (search_words(vault, id::text, array[name::text, hostname::text]));
