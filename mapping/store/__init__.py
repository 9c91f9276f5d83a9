"""The only floor with SQL: PostGIS, its schema, and named queries."""
