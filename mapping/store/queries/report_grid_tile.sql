-- One vector tile of the numbers of released reports by layer in 64 x 64 cells (up to zoom 11), of one community or
-- of all, of one layer or of all, summed from the nearest base zoom that is kept. Squares are made in the units of the
-- tile, 64 to a cell.
WITH tile AS (
    SELECT CAST(:base AS integer) AS base, CAST(:base AS integer) - CAST(:z AS integer) AS shift,
        CAST(:x AS integer) * 64 AS west, CAST(:y AS integer) * 64 AS north
), cells AS (
    SELECT layer, (gx >> shift) - west AS across, (gy >> shift) - north AS down, sum(reports)::integer AS count
    FROM public_release.report_grid, tile
    WHERE z = base AND gx BETWEEN west << shift AND ((west + 64) << shift) - 1
        AND gy BETWEEN north << shift AND ((north + 64) << shift) - 1
        AND (CAST(:community_id AS integer) IS NULL OR community_id = :community_id)
        AND (CAST(:layer AS text) IS NULL OR layer = :layer)
    GROUP BY 1, 2, 3
), features AS (
    SELECT layer, count, ST_ForcePolygonCCW(
        ST_MakeEnvelope(across * 64, down * 64, (across + 1) * 64, (down + 1) * 64)) AS geom
    FROM cells
    ORDER BY down, across, layer
)
SELECT coalesce(ST_AsMVT(features, 'reports_grid', 4096, 'geom'), '') FROM features
