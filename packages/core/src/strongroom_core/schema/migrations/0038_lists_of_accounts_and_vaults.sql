-- These get the IDs of the rows on a page now.
drop function if exists accounts_overseen(), vaults_overseen();
