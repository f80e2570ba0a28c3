"""Operations without authentication: health, the OpenAPI document, setup, sign-in."""
