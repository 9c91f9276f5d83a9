-- One vector tile of streets with what OpenStreetMap says of light and surface, of one community or of all: main roads
-- below zoom 13, no paths below 14. Pieces that say the same are joined again across junctions.
WITH tile AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS bounds, ST_TileEnvelope(:z, :x, :y, margin => 0.015625) AS reach,
        40075016.68557849 / (256 * 2.0 ^ :z) AS pixel
), joined AS (
    SELECT name, highway, lit, surface, ST_LineMerge(ST_Collect(geom_3857 ORDER BY osm_way_id, segment)) AS line
    FROM public_release.street_segments, tile
    WHERE geom_3857 && reach AND (CAST(:community_id AS integer) IS NULL OR community_id = :community_id)
        AND (highway ~ '^(trunk|primary|secondary|tertiary)(_link)?$' OR :z >= 14 OR (:z = 13
            AND highway NOT IN ('footway', 'path', 'steps', 'cycleway', 'track', 'bridleway', 'service')))
    GROUP BY name, highway, lit, surface
), features AS (
    SELECT name, highway, lit, surface, ST_AsMVTGeom(ST_Simplify(line, pixel / 4), bounds, buffer => 64) AS geom
    FROM joined, tile
    ORDER BY highway, name, lit, surface
)
SELECT coalesce(ST_AsMVT(features, 'streets', 4096, 'geom'), '') FROM features
