-- Emails and deliveries of one vault no longer delay those of others: vaults take turns. The function has limits per
-- vault now, and emails are found by vault.
drop function if exists claim_deliveries(timestamptz, timestamptz, integer, integer, integer);

drop index mail_by_due;
create index mail_by_due on mail (vault, due_at) where state = 'queued';

-- Keys of accounts that have removed their last second factor no longer count as approved with one.
update person_key k set second_factor = false
where k.second_factor
  and not exists (select from totp t where t.account = k.account and t.confirmed)
  and not exists (select from passkey p where p.account = k.account);
