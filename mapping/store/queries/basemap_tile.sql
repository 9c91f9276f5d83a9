-- One vector tile of a community's basemap: land use, water, buildings, roads and points of interest. Everything is in
-- an order of its own, so that the same town gives the same bytes however it is read.
WITH tile AS (
    SELECT
        ST_TileEnvelope(:z, :x, :y) AS bounds,
        ST_TileEnvelope(:z, :x, :y, margin => 0.015625) AS reach,
        40075016.68557849 / (256 * 2.0 ^ :z) AS pixel,
        1 / cos(radians(ST_Y(ST_Transform(ST_Centroid(ST_TileEnvelope(:z, :x, :y)), 4326)))) AS stretch
), landuse AS (
    SELECT kind, ST_AsMVTGeom(ST_Simplify(geom_3857, pixel / 4), bounds) AS geom
    FROM public_release.places, tile
    WHERE community_id = :community_id AND geom_3857 && reach
        AND kind IN ('green', 'wood', 'homes', 'field', 'works') AND (kind IN ('green', 'wood') OR :z >= 13)
        AND ST_Area(geom_3857) > 4 * pixel * pixel
    ORDER BY ST_Area(geom_3857) DESC, osm_type, osm_id
), water AS (
    SELECT ST_AsMVTGeom(
        CASE WHEN ST_Dimension(geom_3857) = 2 THEN ST_Simplify(geom_3857, pixel / 4)
            ELSE ST_Buffer(ST_Simplify(geom_3857, pixel / 4), greatest(
                pixel / 2, CASE class WHEN 'river' THEN 5 WHEN 'canal' THEN 4 ELSE 1 END * stretch), 'quad_segs=2')
        END, bounds) AS geom
    FROM public_release.places, tile
    WHERE community_id = :community_id AND geom_3857 && reach AND kind = 'water'
        AND CASE WHEN ST_Dimension(geom_3857) = 2 THEN ST_Area(geom_3857) > 4 * pixel * pixel
            ELSE class IN ('river', 'canal') OR :z >= 14 END
    ORDER BY osm_type, osm_id
), buildings AS (
    SELECT ST_AsMVTGeom(geom_3857, bounds) AS geom
    FROM public_release.places, tile
    WHERE community_id = :community_id AND geom_3857 && reach AND :z >= 15
        AND kind IN ('building', 'amenity') AND ST_Dimension(geom_3857) = 2
    ORDER BY osm_type, osm_id
), road_pieces AS (
    SELECT
        CASE
            WHEN highway ~ '^(trunk|primary|secondary|tertiary)(_link)?$' THEN 'main'
            WHEN highway IN ('footway', 'path', 'steps', 'cycleway', 'track', 'bridleway') THEN 'path'
            ELSE 'minor'
        END AS kind, name, highway, lit, osm_way_id, segment, geom_3857
    FROM public_release.street_segments, tile
    WHERE community_id = :community_id AND geom_3857 && reach
), roads AS (
    -- Joined again across junctions, so that names find room along the street.
    SELECT kind, name, highway, lit, ST_AsMVTGeom(ST_Simplify(line, pixel / 4), bounds) AS geom
    FROM tile, (
        SELECT kind, name, highway, lit, ST_LineMerge(ST_Collect(geom_3857 ORDER BY osm_way_id, segment)) AS line
        FROM road_pieces
        WHERE kind = 'main' OR :z >= 14 OR (:z = 13 AND kind = 'minor' AND highway <> 'service')
        GROUP BY kind, name, highway, lit
    ) AS joined
    ORDER BY kind DESC, name, highway, lit
), pois AS (
    SELECT class AS kind, name, ST_AsMVTGeom(ST_PointOnSurface(geom_3857), bounds, buffer => 0) AS geom
    FROM public_release.places, tile
    WHERE community_id = :community_id AND geom_3857 && reach AND kind IN ('amenity', 'green') AND name IS NOT NULL
        AND (:z >= 16 OR (:z = 15 AND class IN ('hospital', 'clinic', 'police', 'fire_station', 'school', 'college',
            'university', 'library', 'townhall', 'station', 'bus_station', 'theatre', 'museum', 'place_of_worship',
            'square', 'park')))
    ORDER BY osm_type, osm_id
)
SELECT
    coalesce((SELECT ST_AsMVT(landuse, 'landuse', 4096, 'geom') FROM landuse WHERE geom IS NOT NULL), '')
    || coalesce((SELECT ST_AsMVT(water, 'water', 4096, 'geom') FROM water WHERE geom IS NOT NULL), '')
    || coalesce((SELECT ST_AsMVT(buildings, 'buildings', 4096, 'geom') FROM buildings WHERE geom IS NOT NULL), '')
    || coalesce((SELECT ST_AsMVT(roads, 'roads', 4096, 'geom') FROM roads WHERE geom IS NOT NULL), '')
    || coalesce((SELECT ST_AsMVT(pois, 'pois', 4096, 'geom') FROM pois WHERE geom IS NOT NULL), '')
