-- What can be looked for in a community, within its boundary: streets, one of a name in each settlement; streets known
-- by house numbers alone; places, with the stops of one name as one; localities. The settlement is the nearest one.
WITH town AS (
    SELECT id, ST_Transform(boundary, 3857) AS ground, 1 / cos(radians(ST_Y(ST_Centroid(boundary)))) AS stretch
    FROM public_release.communities WHERE id = :community_id
), things AS (
    SELECT 'street' AS kind, NULL AS class, name, geom_3857 AS geom, 0 AS alone
    FROM public_release.street_segments JOIN town ON community_id = town.id AND ST_Intersects(geom_3857, ground)
    WHERE name IS NOT NULL
    UNION ALL
    SELECT 'street', NULL, street, geom_3857, 0
    FROM public_release.addresses JOIN town ON community_id = town.id AND ST_Intersects(geom_3857, ground)
    WHERE street NOT IN (
        SELECT name FROM public_release.street_segments WHERE community_id = town.id AND name IS NOT NULL)
    UNION ALL
    SELECT CASE kind WHEN 'locality' THEN 'locality' ELSE 'place' END, class, name, geom_3857,
        CASE WHEN name IS NOT NULL AND class IN ('bus_stop', 'tram_stop') THEN 0
            ELSE row_number() OVER (ORDER BY osm_type, osm_id) END
    FROM public_release.places JOIN town ON community_id = town.id AND ST_Intersects(geom_3857, ground)
    WHERE name IS NOT NULL OR kind = 'amenity'
), placed AS (
    SELECT things.*, near.name AS locality
    FROM things CROSS JOIN town LEFT JOIN LATERAL (
        SELECT name FROM public_release.places AS place
        WHERE place.community_id = town.id AND things.kind <> 'locality'
            AND place.kind = 'locality' AND place.class IN ('city', 'town', 'village', 'hamlet')
            AND ST_DWithin(place.geom_3857, things.geom, 5000 * town.stretch)
        ORDER BY place.geom_3857 <-> things.geom LIMIT 1
    ) AS near ON true
), joined AS (
    SELECT kind, class, name, locality, ST_Collect(geom) AS geom FROM placed
    GROUP BY kind, class, name, locality, alone
)
SELECT kind, class, name, locality,
    ST_AsEWKB(ST_Transform(ST_ClosestPoint(geom, ST_Centroid(geom)), 4326)) AS geometry
FROM joined
ORDER BY kind, name, class, geometry
