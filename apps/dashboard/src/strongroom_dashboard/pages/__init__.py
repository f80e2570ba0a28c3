"""The screens. Layout only: what is shown comes from `states`."""
