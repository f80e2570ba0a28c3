"""What tests of Strongroom, and of programs that integrate with it, build their worlds from."""
