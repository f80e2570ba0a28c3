-- A read looks up its grant, attachment and version by a unique key. Where a secret usually has one reader, PostgreSQL
-- used the index of a secret's readers instead, and a secret with thousands of readers cost thousands of rows a read.
-- Now every index that fits such a lookup finds the one row, or doesn't fit.
drop index secret_grant_by_secret;
create index secret_grant_by_secret on secret_grant (vault, secret, machine);
drop index attachment_by_project;
create index attachment_by_project on attachment (vault, project, machine);

-- A machine's grants in a project are found by the unique key, which begins with the machine.
drop index secret_grant_by_attachment;

drop index secret_version_by_material;
create index secret_version_by_material on secret_version (material);
