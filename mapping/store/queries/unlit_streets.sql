-- Streets tagged lit=no, as one GeoJSON FeatureCollection.
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object(
    'type', 'Feature',
    'id', osm_way_id || '/' || segment,
    'geometry', ST_AsGeoJSON(geometry, 6)::json,
    'properties', json_build_object('name', name, 'highway', highway)
) ORDER BY osm_way_id, segment), '[]'::json))::text
FROM public_release.street_segments
WHERE community_id = :community_id AND lit = 'no'
