"""Operations that need no authentication: health, the OpenAPI document, setup, sign-in."""
