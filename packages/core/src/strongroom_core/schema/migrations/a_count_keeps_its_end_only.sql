-- When a window began follows from its end and its length; nothing ever read it.
alter table rate_count drop column window_start;
