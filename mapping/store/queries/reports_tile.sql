-- One vector tile of released reports, each by itself (zoom 12 and beyond), of one community or of all, of one
-- layer or of all.
WITH tile AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS bounds, ST_TileEnvelope(:z, :x, :y, margin => 0.015625) AS reach
), features AS (
    SELECT id::text AS id, layer, category, severity, status, radius_m,
        ST_AsMVTGeom(geom_3857, bounds, buffer => 64) AS geom
    FROM public_release.reports, tile
    WHERE geom_3857 && reach AND (CAST(:community_id AS integer) IS NULL OR community_id = :community_id)
        AND (CAST(:layer AS text) IS NULL OR layer = :layer)
    ORDER BY reports.id
)
SELECT coalesce(ST_AsMVT(features, 'reports', 4096, 'geom'), '') FROM features
