-- Word indexes that a dump keeps.
--
-- `array[name, description]` of varchar comes back from pg_dump with its casts inside the brackets: another
-- expression, for which no query finds the index. Written so from the start, it comes back as it is.

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
