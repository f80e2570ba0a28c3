"""The human plane: what people do, one module per subject. Each handler translates, and decides nothing."""
