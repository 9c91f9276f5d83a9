-- A page of a community's released reports in the order of their random public ids, after a key: one row with the
-- features as the text of a JSON array, and the page's last key if more follow. No row: there is no such community.
WITH community AS (SELECT id FROM public_release.communities WHERE slug = :slug),
page AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place, json_build_object(
        'type', 'Feature',
        'id', id,
        'geometry', ST_AsGeoJSON(geometry, 6)::json,
        'properties', json_build_object(
            'layer', layer, 'category', category, 'tier', tier, 'severity', severity, 'when', when_seen,
            'affected', affected, 'status', status, 'observed_on', observed_on, 'radius_m', radius_m, 'place', place,
            'description', description, 'confirmations', confirmations, 'said_fixed', said_fixed,
            'said_not_fixed', said_not_fixed, 'simulated', is_simulated,
            'photos', (
                SELECT coalesce(json_agg(json_build_object(
                    'large', '/photos/' || name || '/large.jpg', 'small', '/photos/' || name || '/small.jpg',
                    'width', width, 'height', height) ORDER BY name), '[]')
                FROM public_release.photos AS photo
                WHERE photo.community_id = reports.community_id AND photo.report_id = reports.id
            )
        )
    )::text AS feature
    FROM public_release.reports
    WHERE community_id = (SELECT id FROM community) AND id > :after
    ORDER BY id
    LIMIT CAST(:limit AS int) + 1
)
SELECT
    '[' || coalesce(string_agg(page.feature, ',' ORDER BY page.place) FILTER (WHERE page.place <= :limit), '') || ']'
        AS features,
    CASE WHEN count(page.id) > :limit THEN (array_agg(page.id ORDER BY page.place))[CAST(:limit AS int)] END AS next
FROM community LEFT JOIN page ON true
GROUP BY community.id
