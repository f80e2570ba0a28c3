-- Whether an account's address is known to be the person's, because they opened a link that was emailed to it.
--
-- Without it, an invitation is accepted with its link. Nothing tells which addresses of earlier releases were
-- confirmed like this, because a server without email shows the link to the person who asks for it.
alter table account add column email_confirmed boolean not null default false;
alter table account_token add column mailed boolean not null default false;

-- An address that was replaced by a return to an earlier one still gets the account's notices, but can undo nothing.
alter table former_address add column returned_from boolean not null default false;

-- It also returns whether the address was confirmed.
drop function if exists invitations_of(varchar, timestamptz);
