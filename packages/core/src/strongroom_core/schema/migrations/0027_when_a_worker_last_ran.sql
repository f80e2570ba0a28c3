-- When a worker last ran, for `doctor` and the metrics: nothing is deleted or counted while none runs.
alter table read_tally add column woke_at timestamptz;

-- The tally now records it, so it gets the time.
drop function if exists tally_reads();
