-- What a program suggests for its key. The person sees it in the form that approves the key, and can change it.
-- A vault or a project is stored as the program named it, whether it exists or not: programs that ask are anonymous.
alter table login_request
    add column suggested_name     varchar(100),
    add column suggested_lifetime integer,
    add column suggested_looking  boolean not null default false,
    add column suggested_vault    varchar(100),
    add column suggested_projects varchar(201)[] check (cardinality(suggested_projects) between 1 and 20);
