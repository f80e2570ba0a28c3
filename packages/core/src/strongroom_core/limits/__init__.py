"""What a vault has room for. Plans and their caps join with their issue; today there is the default."""
