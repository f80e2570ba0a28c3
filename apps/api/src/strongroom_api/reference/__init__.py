"""The reference of both APIs, as one page of plain HTML that the server renders from the OpenAPI document."""
