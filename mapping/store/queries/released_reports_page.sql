-- Released reports of a community in the order of their random public ids, after a key.
SELECT reports.id, json_build_object(
    'type', 'Feature',
    'id', id,
    'geometry', ST_AsGeoJSON(geometry, 6)::json,
    'properties', json_build_object(
        'layer', layer, 'category', category, 'tier', tier, 'severity', severity, 'when', when_seen,
        'affected', affected, 'status', status, 'observed_on', observed_on, 'radius_m', radius_m, 'place', place,
        'description', description, 'confirmations', confirmations, 'simulated', is_simulated
    )
)::text AS feature
FROM public_release.reports
WHERE community_id = (SELECT id FROM public_release.communities WHERE slug = :slug) AND reports.id > :after
ORDER BY reports.id
LIMIT :limit
