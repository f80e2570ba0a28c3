-- A version that came through a drop box says so: its author is the drop box's creator, who never saw the value.
alter table secret_version
    drop constraint secret_version_origin_check,
    add constraint secret_version_origin_check
        check (origin in ('create', 'replace', 'rotate', 'rollback', 'import', 'drop_box'));
