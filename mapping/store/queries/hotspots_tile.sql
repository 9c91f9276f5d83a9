-- One vector tile of released hotspots, of one community or of all.
WITH tile AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS bounds, ST_TileEnvelope(:z, :x, :y, margin => 0.015625) AS reach
), features AS (
    SELECT id::text AS id, rank, (properties ->> 'tier')::integer AS tier, (properties ->> 'score')::integer AS score,
        (properties ->> 'step')::integer AS step, ST_AsMVTGeom(geom_3857, bounds, buffer => 64) AS geom
    FROM public_release.hotspots, tile
    WHERE geom_3857 && reach AND (CAST(:community_id AS integer) IS NULL OR community_id = :community_id)
    ORDER BY hotspots.rank DESC, hotspots.id
)
SELECT coalesce(ST_AsMVT(features, 'hotspots', 4096, 'geom'), '') FROM features
